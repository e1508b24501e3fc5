import * as tf from "@tensorflow/tfjs-core";
import type { Case } from "./case.js";
import { moves } from "./moves.js";

const flat = (index: readonly number[], shape: readonly number[]) =>
  index.reduce((total, i, axis) => total * shape[axis]! + i, 0);
const unflat = (place: number, shape: readonly number[]) => {
  const index: number[] = [];
  let rest = place;
  for (const length of [...shape].reverse()) {
    index.unshift(rest % length);
    rest = Math.floor(rest / length);
  }
  return index;
};

/** The same elements in another order or shape. */
export const rearranging: Case[] = [
  moves(
    "reshape",
    [3, 4],
    (x) => tf.reshape(x, [2, 6]),
    [2, 6],
    (i) => unflat(flat(i, [2, 6]), [3, 4]),
  ),
  moves(
    "expandDims",
    [3, 4],
    (x) => tf.expandDims(x, -2),
    [3, 1, 4],
    ([i, , j]) => [i!, j!],
  ),
  moves(
    "squeeze",
    [3, 1, 4],
    (x) => tf.squeeze(x),
    [3, 4],
    ([i, j]) => [i!, 0, j!],
  ),
  ...(
    [
      [
        [2, 3],
        [1, 0],
      ],
      [
        [2, 3, 4],
        [1, 2, 0],
      ],
      [
        [2, 3, 2, 2],
        [3, 1, 0, 2],
      ],
      [
        [2, 1, 3, 2, 2],
        [3, 4, 1, 2, 0],
      ],
    ] as const
  ).map(([shape, order]) =>
    moves(
      `transpose by ${order}`,
      shape,
      (x) => tf.transpose(x, [...order]),
      order.map((axis) => shape[axis]!),
      (i) => shape.map((_, axis) => i[(order as readonly number[]).indexOf(axis)]!),
    ),
  ),
  ...[[0, 2], [-2], [0, 1, 2]].map((axes) =>
    moves(
      `reverse ${axes}`,
      [2, 3, 4],
      (x) => tf.reverse(x, axes),
      [2, 3, 4],
      (i) => i.map((place, axis) => (axes.some((a) => (a + 3) % 3 === axis) ? [2, 3, 4][axis]! - 1 - place : place)),
    ),
  ),
  moves(
    "diag",
    [4],
    (x) => tf.diag(x),
    [4, 4],
    ([i, j]) => [i === j ? i! : -1],
  ),
];
