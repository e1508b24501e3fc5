import type { MethodId } from "./method-id.js";

/** One file of pictures. */
export interface PictureRecord {
  readonly kind: "strip" | "grid" | "gif" | "mp4";
  /** Relative to the run folder, with "/". */
  readonly file: string;
  readonly width: number;
  readonly height: number;
  /** Methods shown, from top to bottom. */
  readonly methods: readonly MethodId[];
  /** Edit lengths shown, from left to right or one after the other. */
  readonly times: readonly number[];
  /** What is to be seen, in words. */
  readonly alt: string;
  /** What the regressor reads on a strip of one start, a row a method; absent where it was not asked. */
  readonly readings?: readonly RowReadings[];
}

/** What the regressor reads along one edit; arrays go with the picture's `times`. */
export interface RowReadings {
  /** Class of the edited attribute. */
  readonly classes: readonly number[];
  /** How many other attributes it reads differently than on the unedited picture. */
  readonly changed: readonly number[];
}

/** Frames of one method's edits, from which pictures are made: data[((sample · times + time) · height + y) · width + x) · 3 + channel], 8-bit RGB. */
export interface EditFrames {
  readonly method: MethodId;
  readonly label: string;
  readonly attribute: string;
  readonly times: readonly number[];
  readonly samples: number;
  readonly height: number;
  readonly width: number;
  readonly data: Uint8Array;
  /**
   * What the regressor reads on each frame: data[(sample · times + time) · 2] is the edited attribute's class, the number after it how many other
   * attributes it reads differently than at the first time. Absent where it was not asked.
   */
  readonly readings?: Int32Array;
}
