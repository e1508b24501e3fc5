import * as tf from "@tensorflow/tfjs-core";
import type { Case } from "./case.js";
import { moves } from "./moves.js";

/** Padding and repetition: outputs larger than the input. */
export const padding: Case[] = [
  ...(
    [
      [[3], [[1, 2]]],
      [
        [2, 3],
        [
          [1, 0],
          [0, 2],
        ],
      ],
      [
        [1, 2, 2, 3],
        [
          [0, 0],
          [1, 2],
          [2, 0],
          [1, 1],
        ],
      ],
    ] as [number[], [number, number][]][]
  ).map(([shape, paddings]) =>
    moves(
      `pad ${paddings.join(" ")}`,
      shape,
      (x) => tf.pad(x, paddings),
      shape.map((length, axis) => length + paddings[axis]![0] + paddings[axis]![1]),
      (i) => i.map((place, axis) => place - paddings[axis]![0]),
    ),
  ),
  ...(
    [
      ["reflect", [3], [[1, 1]]],
      ["symmetric", [3], [[3, 2]]],
      [
        "reflect",
        [3, 4],
        [
          [2, 1],
          [3, 2],
        ],
      ],
      [
        "symmetric",
        [2, 3, 4],
        [
          [1, 2],
          [3, 0],
          [2, 1],
        ],
      ],
      [
        "reflect",
        [1, 3, 3, 2],
        [
          [0, 0],
          [1, 2],
          [2, 1],
          [0, 0],
        ],
      ],
    ] as ["reflect" | "symmetric", number[], [number, number][]][]
  ).map(([mode, shape, paddings]) =>
    moves(
      `mirrorPad ${mode} ${paddings.join(" ")}`,
      shape,
      (x) => tf.mirrorPad(x, paddings, mode),
      shape.map((length, axis) => length + paddings[axis]![0] + paddings[axis]![1]),
      (i) =>
        i.map((place, axis) => {
          const inside = place - paddings[axis]![0];
          const edge = mode === "reflect" ? 0 : 1;
          if (inside < 0) return -inside - edge;
          return inside < shape[axis]! ? inside : 2 * shape[axis]! - 2 - inside + edge;
        }),
    ),
  ),
  ...(
    [
      [[3], [2]],
      [
        [2, 3],
        [3, 2],
      ],
      [
        [2, 1, 3, 2],
        [2, 3, 1, 2],
      ],
      [
        [2, 1, 3, 1, 2],
        [2, 1, 2, 2, 1],
      ],
    ] as [number[], number[]][]
  ).map(([shape, counts]) =>
    moves(
      `tile ${counts}`,
      shape,
      (x) => tf.tile(x, counts),
      shape.map((length, axis) => length * counts[axis]!),
      (i) => i.map((place, axis) => place % shape[axis]!),
    ),
  ),
  moves(
    "broadcastTo [2,3,4]",
    [3, 1],
    (x) => tf.broadcastTo(x, [2, 3, 4]),
    [2, 3, 4],
    ([, i]) => [i!, 0],
  ),
];
