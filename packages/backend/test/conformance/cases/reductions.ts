import * as tf from "@tensorflow/tfjs-core";
import type { Array64 } from "../reference.js";
import * as ref from "../reference.js";
import type { Case } from "./case.js";

const total = (values: number[]) => values.reduce((a, b) => a + b, 0);
const euclidean = (values: number[]) => Math.hypot(...values);

const reductions: [
  string,
  (x: tf.Tensor, axes?: number | number[], keep?: boolean) => tf.Tensor,
  (values: number[]) => number,
][] = [
  ["sum", tf.sum, total],
  ["mean", tf.mean, (values) => total(values) / values.length],
  ["max", tf.max, (values) => Math.max(...values)],
  ["min", tf.min, (values) => Math.min(...values)],
  ["prod", tf.prod, (values) => values.reduce((a, b) => a * b, 1)],
  ["logSumExp", tf.logSumExp, (values) => Math.log(total(values.map(Math.exp)))],
  ["euclideanNorm", (x, axes, keep) => tf.euclideanNorm(x, axes, keep), euclidean],
  ["norm 1", (x, axes, keep) => tf.norm(x, 1, axes as number, keep), (values) => total(values.map(Math.abs))],
  ["variance", (x, axes, keep) => tf.moments(x, axes, keep).variance, variance],
];

function variance(values: number[]): number {
  const mean = total(values) / values.length;
  return total(values.map((v) => (v - mean) ** 2)) / values.length;
}

export const reducing: Case[] = reductions.flatMap(([name, run, of]) =>
  (
    [[undefined, false], [0, false], [-2, true], [2, false], ...(name === "norm 1" ? [] : [[[0, -1], false]])] as [
      number | number[] | undefined,
      boolean,
    ][]
  )
    .filter(([axes]) => name !== "norm 1" || axes !== undefined)
    .map(([axes, keep]) => ({
      name: `${name} [2,3,4] along ${axes ?? "all"}${keep ? ", kept" : ""}`,
      shapes: [[2, 3, 4]],
      run: (x) => run(x, axes, keep),
      reference: (x) => ref.reduce(x, axes, keep, of),
    })),
);

/** Zeros among the factors: the product's gradient is then the product of the others. */
const someZeros = (x: Array64) => ref.build(x.shape, ([i, j]) => (j! < i! ? 0 : ref.at(x, [i!, j!])));
const zerosMask = () =>
  tf.tensor2d([
    [1, 1, 1],
    [0, 1, 1],
    [0, 0, 1],
  ]);
reducing.push(
  {
    name: "prod [3,3] with none, one and two zeros a row",
    shapes: [[3, 3]],
    run: (x) => tf.prod(tf.mul(x, zerosMask()), 1),
    reference: (x) => ref.reduce(someZeros(x), 1, false, (values) => values.reduce((a, b) => a * b, 1)),
  },
  {
    name: "cumprod [3,3] with none, one and two zeros a row",
    shapes: [[3, 3]],
    run: (x) => tf.cumprod(tf.mul(x, zerosMask()), 1),
    reference: (x) => running(someZeros(x), 1, false, false, (a, b) => a * b, 1),
  },
);

/** Running sum or product: element i of an axis takes those before it, and itself unless `exclusive`. */
function running(
  x: Array64,
  axis: number,
  exclusive: boolean,
  reverse: boolean,
  f: (a: number, b: number) => number,
  first: number,
) {
  return ref.build(x.shape, (index) => {
    let value = first;
    for (let i = 0; i < x.shape[axis]!; i++) {
      const distance = reverse ? i - index[axis]! : index[axis]! - i;
      if (exclusive ? distance > 0 : distance >= 0)
        value = f(
          value,
          ref.at(
            x,
            index.map((place, a) => (a === axis ? i : place)),
          ),
        );
    }
    return value;
  });
}

for (const axis of [0, 1, 2, -2, -1]) {
  for (const [exclusive, reverse] of [
    [false, false],
    [true, true],
  ] as const) {
    const kind = `[2,3,4] axis ${axis}${exclusive ? ", exclusive, reverse" : ""}`;
    reducing.push(
      {
        name: `cumsum ${kind}`,
        shapes: [[2, 3, 4]],
        run: (x) => tf.cumsum(x, axis, exclusive, reverse),
        reference: (x) => running(x, (axis + 3) % 3, exclusive, reverse, (a, b) => a + b, 0),
      },
      {
        name: `cumprod ${kind}`,
        shapes: [[2, 3, 4]],
        run: (x) => tf.cumprod(x, axis, exclusive, reverse),
        reference: (x) => running(x, (axis + 3) % 3, exclusive, reverse, (a, b) => a * b, 1),
      },
    );
  }
}

const flags: [string, (x: tf.Tensor) => tf.Tensor, (values: number[]) => number][] = [
  ["any", (x) => tf.any(tf.greater(x, 0.5), 1), (values) => Number(values.some((v) => v > 0.5))],
  ["all", (x) => tf.all(tf.greater(x, -0.5), 1), (values) => Number(values.every((v) => v > -0.5))],
  ["argMax", (x) => tf.argMax(x, 1), (values) => values.indexOf(Math.max(...values))],
  ["argMin", (x) => tf.argMin(x, 1), (values) => values.indexOf(Math.min(...values))],
];
reducing.push(
  ...flags.map(([name, run, of]) => ({
    name: `${name} [3,4], constant`,
    shapes: [[3, 4]],
    run: (x: tf.Tensor) => tf.cast(run(x), "float32"),
    reference: (x: Array64) => ref.reduce(x, 1, false, of),
  })),
);
