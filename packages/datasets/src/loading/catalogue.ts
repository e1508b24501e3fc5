import type { DatasetAttribute } from "../input/labels.js";
import type { Splits } from "../input/splits.js";
import type { Pictures } from "../pictures/pictures.js";

/** What a reader finds out about a data set without opening a picture. */
export interface Catalogue {
  readonly attributes: readonly DatasetAttribute[];
  readonly length: number;
  /** A class of each attribute, written into `out` where it is given. */
  labels(index: number, out?: Int32Array): Int32Array;
  /** Name of a picture within its data set. */
  id(index: number): string;
  splits(): Splits;
  readonly pictures: Pictures;
  /** Files besides the pictures. */
  readonly files: readonly string[];
  /** What only a look at all labels shows, in words, such as "labels.npy: …". */
  examine?(): string[];
  /** Besides pictures, what else is counted: [found, published]. */
  counts?(): Readonly<Record<string, readonly [found: number, published: number]>>;
}
