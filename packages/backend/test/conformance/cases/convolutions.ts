import * as tf from "@tensorflow/tfjs-core";
import * as ref from "../reference.js";
import { type Case, padName, tfPad } from "./case.js";

export const convolutions: Case[] = [];
for (const [x, f, stride, pad] of [
  [[2, 6, 7, 3], [3, 3, 3, 4], [1, 1], "same"],
  [[2, 6, 7, 3], [3, 3, 3, 4], [1, 1], "valid"],
  [[2, 6, 7, 3], [3, 3, 3, 4], [2, 2], "same"],
  [[2, 7, 8, 3], [3, 3, 3, 4], [2, 2], "same"],
  [[2, 8, 7, 3], [3, 3, 3, 4], [2, 2], "valid"],
  [
    [1, 9, 8, 2],
    [4, 4, 2, 3],
    [2, 2],
    [1, 1, 1, 1],
  ],
  [
    [1, 9, 8, 2],
    [3, 3, 2, 3],
    [1, 1],
    [1, 2, 0, 1],
  ],
  [
    [1, 9, 8, 2],
    [3, 2, 2, 3],
    [3, 2],
    [2, 0, 1, 1],
  ],
  [[1, 7, 7, 2], [1, 1, 2, 3], [1, 1], "valid"],
  [[1, 7, 7, 2], [1, 1, 2, 3], [2, 2], "same"],
  [[1, 8, 8, 2], [2, 2, 2, 3], [3, 3], "valid"],
  [
    [1, 5, 5, 2],
    [2, 2, 2, 3],
    [1, 1],
    [3, 2, 2, 3],
  ],
  [[1, 8, 8, 2], [2, 3, 2, 3], [1, 3], "same"],
  [[1, 6, 6, 1], [5, 5, 1, 1], [2, 2], "same"],
  [[1, 9, 9, 1], [2, 2, 1, 2], [3, 3], "same"],
  [[1, 5, 4, 2], [3, 3, 2, 2], [4, 4], "same"],
  [[1, 9, 5, 2], [1, 2, 2, 2], [4, 3], "same"],
  [
    [1, 5, 8, 1],
    [4, 4, 1, 2],
    [4, 4],
    [1, 1, 1, 1],
  ],
  [
    [1, 6, 9, 1],
    [2, 3, 1, 2],
    [5, 4],
    [3, 2, 2, 3],
  ],
] as const) {
  const window = ref.windowOf([x[1], x[2]], [f[0], f[1]], stride, pad);
  convolutions.push({
    name: `conv2d [${x}] filter [${f}] stride ${stride} ${padName(pad)}`,
    shapes: [x, f],
    run: (image, filter) => tf.conv2d(image as tf.Tensor4D, filter as tf.Tensor4D, [...stride], tfPad(pad)),
    reference: (image, filter) => ref.conv2d(image, filter, window),
  });
}

export const transposed: Case[] = [];
for (const [dy, f, stride, pad, out] of [
  [[2, 4, 5, 3], [3, 3, 4, 3], [1, 1], "same", [4, 5]],
  [[2, 4, 5, 3], [3, 3, 4, 3], [2, 2], "same", [8, 10]],
  [[2, 4, 5, 3], [3, 3, 4, 3], [2, 2], "same", [7, 9]],
  [[2, 4, 5, 3], [3, 3, 4, 3], [2, 2], "valid", [9, 11]],
  [
    [1, 4, 4, 2],
    [4, 4, 2, 2],
    [2, 2],
    [1, 1, 1, 1],
    [8, 8],
  ],
  [[1, 3, 3, 2], [2, 2, 2, 2], [3, 3], "valid", [9, 9]],
] as const) {
  const shape = [dy[0], out[0], out[1], f[2]] as [number, number, number, number];
  const window = ref.windowOf([out[0], out[1]], [f[0], f[1]], stride, pad);
  transposed.push({
    name: `conv2dTranspose [${dy}] filter [${f}] stride ${stride} ${padName(pad)} → [${shape}]`,
    shapes: [dy, f],
    run: (image, filter) => tf.conv2dTranspose(image as tf.Tensor4D, filter as tf.Tensor4D, shape, [...stride], tfPad(pad)),
    reference: (image, filter) => ref.conv2dTranspose(image, filter, shape, window),
  });
}

export const depthwises: Case[] = [];
for (const [x, f, stride, pad] of [
  [[2, 6, 7, 3], [3, 3, 3, 1], [1, 1], "same"],
  [[2, 6, 7, 3], [4, 4, 3, 1], [1, 1], "valid"],
  [
    [1, 7, 7, 3],
    [4, 4, 3, 1],
    [1, 1],
    [2, 1, 2, 1],
  ],
  [[1, 8, 8, 3], [3, 3, 3, 1], [2, 2], "same"],
  [[1, 6, 6, 2], [3, 3, 2, 2], [1, 1], "same"],
  [[1, 7, 7, 2], [3, 3, 2, 3], [2, 2], "valid"],
  [[1, 9, 9, 2], [2, 2, 2, 1], [3, 3], "same"],
  [
    [1, 5, 8, 2],
    [4, 4, 2, 1],
    [4, 4],
    [1, 1, 1, 1],
  ],
] as const) {
  const window = ref.windowOf([x[1], x[2]], [f[0], f[1]], stride, pad);
  depthwises.push({
    name: `depthwiseConv2d [${x}] filter [${f}] stride ${stride} ${padName(pad)}`,
    shapes: [x, f],
    run: (image, filter) => tf.depthwiseConv2d(image as tf.Tensor4D, filter as tf.Tensor4D, [...stride], tfPad(pad)),
    reference: (image, filter) => ref.depthwise(image, filter, window),
  });
}
