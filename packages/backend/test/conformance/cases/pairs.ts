import * as tf from "@tensorflow/tfjs-core";
import * as ref from "../reference.js";
import type { Case } from "./case.js";

type Number2 = (a: number, b: number) => number;
type Number1 = (v: number) => number;

const offZero: Number1 = (v) => v + 0.4 * Math.sign(v);
const positive: Number1 = (v) => Math.abs(v) + 0.3;
/** Quotients of two such numbers are never integers: the first is in (4, 4.9), the second in (1.5, 1.63) or the other way round. */
const betweenMultiples: Number1 = (v) => (v > 0 ? 4.1 + 0.8 / (1 + v * v) / 2 : 1.51 + 0.1 / (1 + v * v));

const operations: [string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor, Number2, Number1?][] = [
  ["add", tf.add, (a, b) => a + b],
  ["sub", tf.sub, (a, b) => a - b],
  ["mul", tf.mul, (a, b) => a * b],
  ["div", tf.div, (a, b) => a / b, offZero],
  ["divNoNan", tf.divNoNan, (a, b) => a / b, offZero],
  ["maximum", tf.maximum, Math.max],
  ["minimum", tf.minimum, Math.min],
  ["pow", tf.pow, (a, b) => a ** b, positive],
  ["squaredDifference", tf.squaredDifference, (a, b) => (a - b) ** 2],
  ["atan2", tf.atan2, Math.atan2, positive],
  ["prelu", (x, alpha) => tf.prelu(x, alpha), (x, alpha) => (x > 0 ? x : alpha * x), offZero],
];

const broadcasts = [
  [
    [3, 4],
    [3, 4],
  ],
  [[3, 4], [4]],
  [[4], [3, 4]],
  [
    [3, 1],
    [1, 4],
  ],
  [[2, 3, 4], []],
  [[], [2, 3]],
  [
    [2, 3, 4],
    [3, 1],
  ],
] as const;

const broadcast = (f: Number2) => (a: ref.Array64, b: ref.Array64) => ref.broadcast(a, b, f);

export const pairs: Case[] = operations.flatMap(([name, run, of, domain]) =>
  broadcasts
    // prelu: its slopes are repeated, never its input.
    .filter(([a, b]) => name !== "prelu" || ref.size(a) >= 12 || ref.size(a) >= ref.size(b))
    .filter(([a]) => name !== "prelu" || (a.length > 1 && a[1] !== 1))
    .map(([a, b]) => ({
      name: `${name} [${a}] and [${b}]`,
      shapes: [a, b],
      ...(domain ? { domain } : {}),
      run: (x: tf.Tensor, y: tf.Tensor) => run(x, y),
      reference: broadcast(of),
    })),
);

for (const [a, b] of broadcasts.slice(0, 4)) {
  pairs.push(
    {
      name: `mod [${a}] and [${b}]`,
      shapes: [a, b],
      domain: betweenMultiples,
      run: (x, y) => tf.mod(tf.add(x, 0.01), y),
      reference: broadcast((x, y) => (x + 0.01) % y),
    },
    {
      name: `floorDiv [${a}] and [${b}]`,
      shapes: [a, b],
      domain: betweenMultiples,
      run: (x, y) => tf.floorDiv(tf.add(x, 0.01), y),
      reference: broadcast((x, y) => Math.floor((x + 0.01) / y)),
    },
    {
      name: `where [${a}] or [${b}]`,
      shapes: [a, b],
      run: (x, y) => tf.where(tf.greater(x, y), tf.square(x), tf.mul(y, 3)),
      reference: broadcast((x, y) => (x > y ? x * x : 3 * y)),
    },
  );
}

const comparisons: [string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor, (a: number, b: number) => boolean][] = [
  ["greater", tf.greater, (a, b) => a > b],
  ["greaterEqual", tf.greaterEqual, (a, b) => a >= b],
  ["less", tf.less, (a, b) => a < b],
  ["lessEqual", tf.lessEqual, (a, b) => a <= b],
  ["equal", tf.equal, (a, b) => a === b],
  ["notEqual", tf.notEqual, (a, b) => a !== b],
  ["logicalAnd", (a, b) => tf.logicalAnd(tf.greater(a, 0), tf.greater(b, 0)), (a, b) => a > 0 && b > 0],
  ["logicalOr", (a, b) => tf.logicalOr(tf.greater(a, 0), tf.greater(b, 0)), (a, b) => a > 0 || b > 0],
  ["logicalXor", (a, b) => tf.logicalXor(tf.greater(a, 0), tf.greater(b, 0)), (a, b) => a > 0 !== b > 0],
  ["logicalNot", (a, b) => tf.logicalNot(tf.greater(a, b)), (a, b) => !(a > b)],
];
pairs.push(
  ...comparisons.map(([name, run, of]) => ({
    name: `${name} [3,4] and [4], constant`,
    shapes: [[3, 4], [4]],
    run: (x: tf.Tensor, y: tf.Tensor) => tf.cast(run(x, y), "float32"),
    reference: broadcast((x, y) => Number(of(x, y))),
  })),
  {
    name: "addN of three",
    shapes: [
      [2, 3],
      [2, 3],
      [2, 3],
    ],
    run: (a, b, c) => tf.addN([a!, b!, c!]),
    reference: (a, b, c) => ref.build(a!.shape, (i) => ref.at(a!, i) + ref.at(b!, i) + ref.at(c!, i)),
  },
);
