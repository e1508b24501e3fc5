import * as tf from "@tensorflow/tfjs-core";
import * as ref from "../reference.js";
import type { Case } from "./case.js";
import { moves } from "./moves.js";

/** Parts taken out of a tensor, and tensors put together. */
export const pieces: Case[] = [
  moves(
    "slice",
    [3, 4, 5],
    (x) => tf.slice(x, [1, 0, 2], [2, 3, -1]),
    [2, 3, 3],
    ([i, j, k]) => [i! + 1, j!, k! + 2],
  ),
  moves(
    "stridedSlice",
    [5, 6],
    (x) => tf.stridedSlice(x, [0, 1], [5, 6], [2, 3]),
    [3, 2],
    ([i, j]) => [2 * i!, 1 + 3 * j!],
  ),
  moves(
    "stridedSlice, backwards",
    [5, 6],
    (x) => tf.stridedSlice(x, [4, 5], [-6, -7], [-2, -3]),
    [3, 2],
    ([i, j]) => [4 - 2 * i!, 5 - 3 * j!],
  ),
  moves(
    "stridedSlice, one row taken out",
    [5, 6],
    (x) => tf.stridedSlice(x, [2, 0], [3, 6], [1, 2], 0, 0, 0, 0, 1),
    [3],
    ([j]) => [2, 2 * j!],
  ),
  moves(
    "unstack, one piece used",
    [2, 3, 4],
    (x) => tf.unstack(x, -1)[2]!,
    [2, 3],
    ([i, j]) => [i!, j!, 2],
  ),
  moves(
    "unstack, one piece in all",
    [1, 3],
    (x) => tf.unstack(x)[0]!,
    [3],
    ([j]) => [0, j!],
  ),
  moves(
    "split, one piece used",
    [2, 6],
    (x) => tf.split(x, [1, 2, 3], -1)[1]!,
    [2, 2],
    ([i, j]) => [i!, j! + 1],
  ),
  moves(
    "split, one piece in all",
    [2, 3],
    (x) => tf.split(x, 1)[0]!,
    [2, 3],
    (i) => i,
  ),
  moves(
    "frame",
    [8],
    (x) => tf.signal.frame(x as tf.Tensor1D, 4, 2),
    [3, 4],
    ([i, j]) => [2 * i! + j!],
  ),
  moves(
    "bandPart",
    [4, 4],
    (x) => tf.linalg.bandPart(x, 1, 0),
    [4, 4],
    ([i, j]) => (i! - j! >= 0 && i! - j! <= 1 ? [i!, j!] : [-1, -1]),
  ),
  {
    name: "concat along -2",
    shapes: [
      [2, 3, 2],
      [2, 2, 2],
    ],
    run: (a, b) => tf.concat([a!, b!], -2),
    reference: (a, b) => ref.build([2, 5, 2], ([i, j, k]) => (j! < 3 ? ref.at(a!, [i!, j!, k!]) : ref.at(b!, [i!, j! - 3, k!]))),
  },
  {
    name: "stack along -1",
    shapes: [
      [2, 3],
      [2, 3],
    ],
    run: (a, b) => tf.stack([a!, b!], -1),
    reference: (a, b) => ref.build([2, 3, 2], ([i, j, k]) => ref.at(k === 0 ? a! : b!, [i!, j!])),
  },
  {
    name: "meshgrid",
    shapes: [[3], [2]],
    run: (a, b) => {
      const [x, y] = tf.meshgrid(a, b) as [tf.Tensor, tf.Tensor];
      return tf.mul(x, tf.square(y));
    },
    reference: (a, b) => ref.build([2, 3], ([i, j]) => ref.at(a!, [j!]) * ref.at(b!, [i!]) ** 2),
  },
];
