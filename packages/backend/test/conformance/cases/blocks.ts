import * as tf from "@tensorflow/tfjs-core";
import type { Case } from "./case.js";
import { moves } from "./moves.js";

/** Elements that change between space, depth and batch, and images. */
export const blocks: Case[] = [
  moves(
    "depthToSpace",
    [2, 2, 3, 8],
    (x) => tf.depthToSpace(x as tf.Tensor4D, 2),
    [2, 4, 6, 2],
    ([n, y, x, c]) => [n!, Math.floor(y! / 2), Math.floor(x! / 2), ((y! % 2) * 2 + (x! % 2)) * 2 + c!],
  ),
  moves(
    "batchToSpaceND",
    [4, 2, 2, 1],
    (x) =>
      tf.batchToSpaceND(
        x,
        [2, 2],
        [
          [0, 1],
          [1, 0],
        ],
      ),
    [1, 3, 3, 1],
    ([, y, x]) => [(y! % 2) * 2 + ((x! + 1) % 2), Math.floor(y! / 2), Math.floor((x! + 1) / 2), 0],
  ),
  moves(
    "spaceToBatchND",
    [1, 3, 3, 2],
    (x) =>
      tf.spaceToBatchND(
        x,
        [2, 2],
        [
          [0, 1],
          [1, 0],
        ],
      ),
    [4, 2, 2, 2],
    ([n, y, x, c]) => [0, 2 * y! + Math.floor(n! / 2), 2 * x! + (n! % 2) - 1, c!],
  ),
  moves(
    "flipLeftRight",
    [2, 2, 3, 1],
    (x) => tf.image.flipLeftRight(x as tf.Tensor4D),
    [2, 2, 3, 1],
    ([n, y, x, c]) => [n!, y!, 2 - x!, c!],
  ),
  moves(
    "grayscaleToRGB",
    [2, 2, 3, 1],
    (x) => tf.image.grayscaleToRGB(x as tf.Tensor4D),
    [2, 2, 3, 3],
    ([n, y, x]) => [n!, y!, x!, 0],
  ),
];
