import * as tf from "@tensorflow/tfjs-core";
import * as ref from "../reference.js";
import type { Case } from "./case.js";

export const pooling: Case[] = (
  [
    [[1, 8, 8, 3], [2, 2], [2, 2], "valid"],
    [[2, 7, 7, 2], [3, 3], [2, 2], "same"],
    [[1, 6, 6, 2], [3, 2], [1, 1], "valid"],
  ] as const
).map(([x, filter, stride, pad]) => ({
  name: `avgPool [${x}] window ${filter} stride ${stride} ${pad}`,
  shapes: [x],
  run: (image) => tf.avgPool(image as tf.Tensor4D, [...filter], [...stride], pad),
  reference: (image) => ref.avgPool(image, filter, ref.windowOf([x[1], x[2]], filter, stride, pad)),
}));

export const maxima: Case[] = (
  [
    [[2, 6, 6, 2], [2, 2], [2, 2], "valid"],
    [[1, 7, 7, 2], [3, 3], [2, 2], "same"],
  ] as const
).map(([x, filter, stride, pad]) => ({
  name: `maxPool [${x}] window ${filter} stride ${stride} ${pad}, mostly below zero`,
  shapes: [x],
  run: (image) => tf.maxPool(tf.sub(image, 1.5) as tf.Tensor4D, [...filter], [...stride], pad),
  reference: (image) =>
    ref.maxPool(
      ref.map(image, (v) => v - 1.5),
      filter,
      ref.windowOf([x[1], x[2]], filter, stride, pad),
    ),
}));

export const resizes: Case[] = [];
for (const out of [
  [8, 8],
  [8, 10],
  [3, 2],
  [2, 5],
  [1, 1],
] as const) {
  for (const centres of ["legacy", "aligned corners", "half-pixel"] as const) {
    resizes.push({
      name: `resizeBilinear [2,4,5,2] → [${out}], ${centres}`,
      shapes: [[2, 4, 5, 2]],
      run: (x) => tf.image.resizeBilinear(x as tf.Tensor4D, [...out], centres === "aligned corners", centres === "half-pixel"),
      reference: (x) => ref.resizeBilinear(x, out, centres),
    });
    if (centres === "aligned corners") continue;
    resizes.push({
      name: `resizeNearestNeighbor [2,4,5,2] → [${out}], ${centres}`,
      shapes: [[2, 4, 5, 2]],
      run: (x) => tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [...out], false, centres === "half-pixel"),
      reference: (x) => ref.resizeNearest(x, out, centres === "half-pixel"),
    });
  }
}
