import * as tf from "@tensorflow/tfjs-core";
import * as ref from "../reference.js";
import type { Case } from "./case.js";

const places = [1, 3, 1, 0, 2, 2, 4, 4];
const pairsOfPlaces = [
  [0, 1],
  [2, 3],
  [0, 1],
];
const indices = (values: number[], shape: number[]) => tf.tensor(values, shape, "int32");

/** Operations that pick elements by position, or put them there. */
export const picking: Case[] = [
  {
    name: "gather [2,5,3] by a matrix of indices",
    shapes: [[2, 5, 3]],
    run: (x) => tf.gather(x, indices(places.slice(0, 4), [2, 2]), 1),
    reference: (x) => ref.rearrange(x, [2, 2, 2, 3], ([n, i, j, c]) => [n!, places[2 * i! + j!]!, c!]),
  },
  {
    name: "gather [2,2,5] with two batch axes",
    shapes: [[2, 2, 5]],
    run: (x) => tf.gather(x, indices(places, [2, 2, 2]), 2, 2),
    reference: (x) => ref.rearrange(x, [2, 2, 2], ([a, b, i]) => [a!, b!, places[4 * a! + 2 * b! + i!]!]),
  },
  {
    name: "gather [2,3,5,2] with one batch axis, along the one after the next",
    shapes: [[2, 3, 5, 2]],
    run: (x) => tf.gather(x, indices(places, [2, 4]), 2, 1),
    reference: (x) => ref.rearrange(x, [2, 3, 4, 2], ([n, o, i, c]) => [n!, o!, places[4 * n! + i!]!, c!]),
  },
  {
    name: "gatherND [3,4], one element twice",
    shapes: [[3, 4]],
    run: (x) => tf.gatherND(x, indices(pairsOfPlaces.flat(), [3, 2])),
    reference: (x) => ref.rearrange(x, [3], ([i]) => pairsOfPlaces[i!]!),
  },
  {
    name: "gatherND [3,4], rows",
    shapes: [[3, 4]],
    run: (x) => tf.gatherND(x, indices([2, 0], [2, 1])),
    reference: (x) => ref.rearrange(x, [2, 4], ([i, j]) => [[2, 0][i!]!, j!]),
  },
  {
    name: "scatterND of [2,4] into [3,4]",
    shapes: [[2, 4]],
    run: (x) => tf.scatterND(indices([2, 0], [2, 1]), x, [3, 4]),
    reference: (x) => ref.rearrange(x, [3, 4], ([i, j]) => [[1, -1, 0][i!]!, j!]),
  },
  {
    name: "tensorScatterUpdate of [2,4] into [3,4]",
    shapes: [
      [3, 4],
      [2, 4],
    ],
    run: (x, rows) => tf.tensorScatterUpdate(x, indices([2, 0], [2, 1]), rows),
    reference: (x, rows) => ref.build([3, 4], ([i, j]) => (i === 1 ? ref.at(x!, [1, j!]) : ref.at(rows!, [i === 2 ? 0 : 1, j!]))),
  },
  {
    name: "unsortedSegmentSum [5,3], with segments out of range",
    shapes: [[5, 3]],
    run: (x) => tf.unsortedSegmentSum(x as tf.Tensor2D, tf.tensor1d([0, -1, 0, 5, 1], "int32"), 3),
    reference: (x) =>
      ref.build([3, 3], ([i, j]) => {
        if (i === 0) return ref.at(x, [0, j!]) + ref.at(x, [2, j!]);
        return i === 1 ? ref.at(x, [4, j!]) : 0;
      }),
  },
  {
    name: "topk [2,5]",
    shapes: [[2, 5]],
    run: (x) => tf.topk(x, 3).values,
    reference: (x) => ref.build([2, 3], ([i, j]) => [0, 1, 2, 3, 4].map((k) => ref.at(x, [i!, k])).sort((a, b) => b - a)[j!]!),
  },
  {
    name: "oneHot of floats times weights",
    shapes: [[4]],
    run: (x) => tf.mul(tf.oneHot(tf.tensor1d([2, 0, 3], "int32"), 4, 1.5, 0.5, "float32"), x),
    reference: (x) => ref.build([3, 4], ([i, j]) => (j === [2, 0, 3][i!] ? 1.5 : 0.5) * ref.at(x, [j!])),
  },
  ...(["same", "valid"] as const).map((pad): Case => {
    const windows = ref.windowsOf([5, 4], [2, 3], [2, 2], pad);
    return {
      name: `maxPoolWithArgmax [2,5,4,2] ${pad}, mostly below zero`,
      shapes: [[2, 5, 4, 2]],
      run: (x) => tf.maxPoolWithArgmax(tf.sub(x, 1.5) as tf.Tensor4D, [2, 3], 2, pad).result!,
      reference: (x) => ref.windowed(x, [2, 3], windows, (found) => Math.max(...found.map(({ value }) => value - 1.5))),
    };
  }),
];
