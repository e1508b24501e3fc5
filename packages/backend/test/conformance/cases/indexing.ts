import * as tf from "@tensorflow/tfjs-core";
import * as ref from "../reference.js";
import type { Case } from "./case.js";

const indices = [2, 0, 2, 4, 1];
/** Operations that pick, add up or multiply along an axis. */
export const indexing: Case[] = [
  {
    name: "gather [3,4,2] with one batch axis",
    shapes: [[3, 4, 2]],
    run: (x) =>
      tf.gather(
        x,
        tf.tensor2d(
          [
            [0, 3],
            [1, 1],
            [2, 0],
          ],
          [3, 2],
          "int32",
        ),
        1,
        1,
      ),
    reference: (x) => {
      const rows = [
        [0, 3],
        [1, 1],
        [2, 0],
      ];
      return ref.build([3, 2, 2], ([b, i, c]) => ref.at(x, [b!, rows[b!]![i!]!, c!]));
    },
  },
  ...[0, 1].map(
    (axis): Case => ({
      name: `cumsum [3,4] axis ${axis}`,
      shapes: [[3, 4]],
      run: (x) => tf.cumsum(x, axis),
      reference: (x) =>
        ref.build(x.shape, ([i, j]) =>
          axis === 0 ? ref.sum(i! + 1, (k) => ref.at(x, [k, j!])) : ref.sum(j! + 1, (k) => ref.at(x, [i!, k])),
        ),
    }),
  ),
  ...[1, -1].map(
    (axis): Case => ({
      name: `prod [3,4] axis ${axis}`,
      shapes: [[3, 4]],
      run: (x) => tf.prod(x, axis),
      reference: (x) => ref.build([3], ([i]) => [0, 1, 2, 3].reduce((product, j) => product * ref.at(x, [i!, j]), 1)),
    }),
  ),
  ...[0, 1].map(
    (axis): Case => ({
      name: `gather [5,6] axis ${axis}, one index twice`,
      shapes: [[5, 6]],
      run: (x) => tf.gather(x, tf.tensor1d(indices, "int32"), axis),
      reference: (x) => ref.gather(x, indices, axis),
    }),
  ),
  {
    name: "oneHot times weights [5,3]",
    shapes: [[5, 3]],
    run: (w) => tf.matMul(tf.cast(tf.oneHot(tf.tensor1d(indices, "int32"), 5), "float32"), w),
    reference: (w) => ref.gather(w, indices, 0),
  },
];
