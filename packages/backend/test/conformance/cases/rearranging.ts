import * as tf from "@tensorflow/tfjs-core";
import * as ref from "../reference.js";
import type { Case } from "./case.js";

type Move = (index: number[]) => readonly number[];

/** Operations that move, repeat or drop elements: one input, and where each output element comes from. */
function moves(
  name: string,
  shape: readonly number[],
  run: (x: tf.Tensor) => tf.Tensor,
  out: readonly number[],
  from: Move,
): Case {
  return { name: `${name} [${shape}]`, shapes: [shape], run: (x) => run(x), reference: (x) => ref.rearrange(x, out, from) };
}

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
    "diag",
    [4],
    (x) => tf.diag(x),
    [4, 4],
    ([i, j]) => [i === j ? i! : -1],
  ),
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
  moves(
    "bandPart",
    [4, 4],
    (x) => tf.linalg.bandPart(x, 1, 0),
    [4, 4],
    ([i, j]) => (i! - j! >= 0 && i! - j! <= 1 ? [i!, j!] : [-1, -1]),
  ),
  moves(
    "frame",
    [8],
    (x) => tf.signal.frame(x as tf.Tensor1D, 4, 2),
    [3, 4],
    ([i, j]) => [2 * i! + j!],
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
