import type * as tf from "@tensorflow/tfjs-core";
import * as ref from "../reference.js";
import type { Case } from "./case.js";

type Move = (index: number[]) => readonly number[];

/** Operations that move, repeat or drop elements: one input, and where each output element comes from. */
export function moves(
  name: string,
  shape: readonly number[],
  run: (x: tf.Tensor) => tf.Tensor,
  out: readonly number[],
  from: Move,
): Case {
  return { name: `${name} [${shape}]`, shapes: [shape], run: (x) => run(x), reference: (x) => ref.rearrange(x, out, from) };
}
