import type * as tf from "@tensorflow/tfjs-core";
import type { Array64 } from "../reference.js";

/** One operation on some shapes: the tfjs form, and the same in float64. Every input is differentiable. */
export interface Case {
  readonly name: string;
  readonly shapes: readonly (readonly number[])[];
  readonly run: (...inputs: tf.Tensor[]) => tf.Tensor;
  readonly reference: (...inputs: Array64[]) => Array64;
  /** Maps a normal number to where the operation is defined and smooth. */
  readonly domain?: (v: number) => number;
  /** Backends where this can't run, with the reason that the summary prints. */
  readonly skip?: Readonly<Record<string, string>>;
}

export type Pad = "same" | "valid" | readonly [number, number, number, number];
/** A padding as tfjs takes it. */
export const tfPad = (pad: Pad) =>
  (typeof pad === "string"
    ? pad
    : [
        [0, 0],
        [pad[0], pad[1]],
        [pad[2], pad[3]],
        [0, 0],
      ]) as "same" | "valid";
export const padName = (pad: Pad) => (typeof pad === "string" ? pad : `pad ${pad.join()}`);
