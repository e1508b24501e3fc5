import * as tf from "@tensorflow/tfjs-core";
import * as ref from "../reference.js";
import type { Case } from "./case.js";

const EPSILON = 1e-3;
const positive = (x: tf.Tensor) => tf.add(tf.square(x), 0.3);

/** Batch normalisation with given moments of several shapes, with and without scale and offset. */
export const normalisations: Case[] = [];
for (const [x, moments] of [
  [[2, 3, 3, 2], [2]],
  [[5, 2], [2]],
  [[2, 3, 2], [2]],
  [
    [3, 2],
    [3, 2],
  ],
  [
    [2, 3, 3, 2],
    [1, 1, 1, 2],
  ],
] as const) {
  for (const [scaled, shifted] of [
    [true, true],
    [true, false],
    [false, true],
    [false, false],
  ] as const) {
    const extra = Number(scaled) + Number(shifted);
    normalisations.push({
      name: `batchNorm [${x}] moments [${moments}]${scaled ? ", scale" : ""}${shifted ? ", offset" : ""}`,
      shapes: [x, ...new Array(2 + extra).fill(moments)],
      run: (image, mean, variance, ...rest) =>
        tf.batchNorm(
          image!,
          mean as tf.Tensor1D,
          positive(variance!) as tf.Tensor1D,
          (shifted ? rest.at(-1) : undefined) as tf.Tensor1D,
          (scaled ? rest[0] : undefined) as tf.Tensor1D,
          EPSILON,
        ),
      reference: (image, mean, variance, ...rest) => {
        const deviation = ref.map(variance!, (v) => Math.sqrt(v * v + 0.3 + EPSILON));
        let out = ref.broadcast(
          ref.broadcast(image!, mean!, (a, b) => a - b),
          deviation,
          (a, b) => a / b,
        );
        if (scaled) out = ref.broadcast(out, rest[0]!, (a, b) => a * b);
        return shifted ? ref.broadcast(out, rest.at(-1)!, (a, b) => a + b) : out;
      },
    });
  }
}

normalisations.push({
  name: "localResponseNormalization [1,2,2,6]",
  shapes: [[1, 2, 2, 6]],
  run: (x) => tf.localResponseNormalization(x as tf.Tensor4D, 2, 1, 0.5, 0.75),
  reference: (x) =>
    ref.build(x.shape, ([n, y, column, c]) => {
      const squares = ref.sum(5, (k) => {
        const channel = c! + k - 2;
        return channel < 0 || channel > 5 ? 0 : ref.at(x, [n!, y!, column!, channel]) ** 2;
      });
      return ref.at(x, [n!, y!, column!, c!]) / (1 + 0.5 * squares) ** 0.75;
    }),
});
