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
}
