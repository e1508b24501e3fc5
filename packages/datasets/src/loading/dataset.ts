import { availableParallelism } from "node:os";
import {
  checkNumber,
  type DeclaredOptions,
  describeValue,
  type GivenOptions,
  readOptions,
  SIGNAL,
  throwIfAborted,
} from "@latentflow/core";
import { DatasetsError } from "../errors.js";
import { type DatasetAttribute, UNKNOWN } from "../input/labels.js";
import type { Splits } from "../input/splits.js";
import { resizePicture } from "../pictures/decode.js";
import type { RawPicture, Resize } from "../pictures/pictures.js";
import { workAhead } from "./ahead.js";
import type { Catalogue } from "./catalogue.js";
import { readingOrder, stretches } from "./order.js";

/** A picture as networks take it. */
export interface DatasetImage {
  readonly width: number;
  readonly height: number;
  /** RGB, row by row: 8-bit values, or with `pixels: "float32"` numbers in [−1, 1], as all regressors of `@latentflow/models` take them. */
  readonly data: Uint8Array | Float32Array;
}

export interface DatasetItem {
  readonly image: DatasetImage;
  /** A class of each attribute; −1 where nobody labelled it. */
  readonly labels: Int32Array;
  /** Name of the picture within its data set. */
  readonly id: string;
}

/** How pictures are read. */
export interface PictureForm {
  readonly resize: Resize | undefined;
  readonly pixels: "uint8" | "float32";
}

const ITEMS = {
  /** Pictures of one split alone. Default: all. */
  split: { optional: true, is: (value: unknown): value is string => typeof value === "string", expected: "the name of a split" },
  /** Seed of a random order, the same for the same seed. Default: the order of the data set. */
  shuffle: { optional: true, integer: true, min: 0 },
  /** How many of that order to leave out: where an interrupted pass goes on. Default 0. */
  start: { default: 0, integer: true, min: 0 },
  /** Pictures that are read before they are asked for. Default: twice as many as there are cores, and at least 8. */
  prefetch: { optional: true, integer: true, min: 1, max: 4096 },
  signal: SIGNAL,
} as const satisfies DeclaredOptions;

/** Options of `Dataset.items`. */
export interface ItemsOptions extends GivenOptions<typeof ITEMS> {}

/** Labelled pictures: in order, in random order, or one at a time. Made by `openDataset`; `close` it when done. */
export class Dataset implements AsyncIterable<DatasetItem> {
  private knownSplits: Splits | undefined;

  /** @internal */
  constructor(
    /** Its name in `DATASETS`. */
    readonly name: string,
    private readonly catalogue: Catalogue,
    private readonly form: PictureForm,
  ) {}

  get attributes(): readonly DatasetAttribute[] {
    return this.catalogue.attributes;
  }

  get length(): number {
    return this.catalogue.length;
  }

  /** Numbers of the pictures of each split, ascending; which splits there are, the data set's reader says. */
  get splits(): Splits {
    this.knownSplits ??= this.catalogue.splits();
    return this.knownSplits;
  }

  /** A class of each attribute, without reading the picture. */
  labels(index: number): Int32Array {
    return this.catalogue.labels(this.checkIndex("labels", index));
  }

  id(index: number): string {
    return this.catalogue.id(this.checkIndex("id", index));
  }

  /** One picture with its labels. @throws DatasetsError for pictures that are broken, and where they can be read in order alone */
  async get(index: number): Promise<DatasetItem> {
    this.checkIndex("get", index);
    const picture = await this.catalogue.pictures.read(index, this.form.resize);
    return this.itemOf(index, picture);
  }

  /**
   * Pictures with their labels, decoded ahead of the loop on sharp's threads.
   *
   * @throws DatasetsError for unknown splits, at the first picture that is broken, and for a random order where pictures can be read in order alone
   */
  async *items(options: ItemsOptions = {}): AsyncGenerator<DatasetItem> {
    const caller = "Dataset.items";
    const { split, shuffle, start, signal, prefetch = defaultPrefetch() } = readOptions(caller, ITEMS, options, DatasetsError);
    const { pictures } = this.catalogue;
    if (shuffle !== undefined && pictures.inOrderOnly !== undefined)
      throw new DatasetsError(`${caller}: expected no shuffle, got ${shuffle}: ${pictures.inOrderOnly}.`);
    const order = readingOrder(this.indices(caller, split), shuffle).subarray(start);
    const read = shuffle === undefined && pictures.run ? this.inStretches(order) : this.oneByOne(order, prefetch);
    for await (const item of read) {
      throwIfAborted(caller, signal);
      yield item;
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<DatasetItem> {
    return this.items();
  }

  /** How many pictures of a split (default: of all) have each class, attribute by attribute; pictures without a label are not counted. */
  balance(split?: string): Int32Array[] {
    const counts = this.attributes.map(({ classes }) => new Int32Array(classes.length));
    const labels = new Int32Array(counts.length);
    for (const index of this.indices("Dataset.balance", split)) {
      this.catalogue.labels(index, labels);
      for (let i = 0; i < counts.length; i++) if (labels[i] !== UNKNOWN) counts[i]![labels[i]!]!++;
    }
    return counts;
  }

  async close(): Promise<void> {
    await this.catalogue.pictures.close();
  }

  private oneByOne(order: Int32Array, prefetch: number): AsyncGenerator<DatasetItem> {
    const { pictures } = this.catalogue;
    return workAhead(order, prefetch, async (index) => this.itemOf(index, await pictures.read(index, this.form.resize)));
  }

  private async *inStretches(order: Int32Array): AsyncGenerator<DatasetItem> {
    const { inOrderOnly, run } = this.catalogue.pictures;
    // A new start of a compressed archive begins at its beginning: one pass over all of it, taking what is wanted, is quicker.
    const wanted = inOrderOnly === undefined ? undefined : new Set(order);
    const runs = wanted === undefined || order.length === 0 ? stretches(order) : [[order[0]!, order.at(-1)! + 1] as const];
    for (const [start, end] of runs) {
      let index = start;
      for await (const picture of run!(start, end)) {
        const at = index++;
        if (wanted !== undefined && !wanted.has(at)) continue;
        const { resize } = this.form;
        yield this.itemOf(at, resize === undefined ? picture : await resizePicture(picture, resize));
      }
    }
  }

  private itemOf(index: number, { width, height, data }: RawPicture): DatasetItem {
    const pixels = this.form.pixels === "float32" ? signed(data) : data;
    return { image: { width, height, data: pixels }, labels: this.catalogue.labels(index), id: this.catalogue.id(index) };
  }

  private indices(caller: string, split: string | undefined): Int32Array {
    if (split === undefined) return Int32Array.from({ length: this.length }, (_, i) => i);
    if (Object.hasOwn(this.splits, split)) return this.splits[split]!;
    const known = Object.keys(this.splits);
    const expected = known.length === 0 ? "no split, since this data set has none" : `one of the splits ${known.join(", ")}`;
    throw new DatasetsError(`${caller}: expected ${expected}, got ${describeValue(split)}.`);
  }

  private checkIndex(method: string, index: number): number {
    return checkNumber(`Dataset.${method}`, "index", index, { integer: true, min: 0, below: this.length }, DatasetsError);
  }
}

const defaultPrefetch = () => Math.max(8, 2 * availableParallelism());

/** 8-bit values as numbers in [−1, 1]. */
function signed(data: Uint8Array): Float32Array {
  const out = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) out[i] = data[i]! / 127.5 - 1;
  return out;
}
