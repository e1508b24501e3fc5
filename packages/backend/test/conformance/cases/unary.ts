import * as tf from "@tensorflow/tfjs-core";
import * as ref from "../reference.js";
import type { Case } from "./case.js";

type Number1 = (v: number) => number;

/** Maps a normal number to where a function is defined and smooth. */
const positive: Number1 = (v) => Math.abs(v) + 0.3;
const inside: Number1 = (v) => 0.9 * Math.tanh(v);
const offZero: Number1 = (v) => v + 0.1 * Math.sign(v);
const betweenIntegers: Number1 = (v) => Math.floor(v) + 0.3;

const logistic: Number1 = (v) => 1 / (1 + Math.exp(-v));
/** By its power series. */
const erf: Number1 = (x) => {
  let [term, total] = [x, x];
  for (let n = 1; n < 60; n++) {
    term *= -(x * x) / n;
    total += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * total;
};
const SELU = { alpha: 1.6732632423543772, scale: 1.0507009873554805 };

const functions: [string, (x: tf.Tensor) => tf.Tensor, Number1, Number1?][] = [
  ["abs", tf.abs, Math.abs, offZero],
  ["acos", tf.acos, Math.acos, inside],
  ["acosh", tf.acosh, Math.acosh, (v) => positive(v) + 1],
  ["asin", tf.asin, Math.asin, inside],
  ["asinh", tf.asinh, Math.asinh],
  ["atan", tf.atan, Math.atan],
  ["atanh", tf.atanh, Math.atanh, inside],
  ["cast", (x) => tf.cast(x, "float32"), (v) => v],
  ["ceil", tf.ceil, Math.ceil, betweenIntegers],
  ["clipByValue", (x) => tf.clipByValue(x, -0.5, 0.7), (v) => Math.min(0.7, Math.max(-0.5, v))],
  ["clone", (x) => tf.clone(x), (v) => v],
  ["cos", tf.cos, Math.cos],
  ["cosh", tf.cosh, Math.cosh],
  ["erf", tf.erf, erf],
  ["exp", tf.exp, Math.exp],
  ["expm1", tf.expm1, Math.expm1],
  ["floor", tf.floor, Math.floor, betweenIntegers],
  ["isFinite", (x) => tf.cast(tf.isFinite(x), "float32"), () => 1],
  ["isInf", (x) => tf.cast(tf.isInf(x), "float32"), () => 0],
  ["isNaN", (x) => tf.cast(tf.isNaN(x), "float32"), () => 0],
  ["log", tf.log, Math.log, positive],
  ["log1p", tf.log1p, Math.log1p, positive],
  ["logSigmoid", tf.logSigmoid, (v) => Math.log(logistic(v))],
  ["neg", tf.neg, (v) => -v],
  ["onesLike", (x) => tf.add(x, tf.onesLike(x)), (v) => v + 1],
  ["reciprocal", tf.reciprocal, (v) => 1 / v, (v) => v + 0.5 * Math.sign(v)],
  ["relu6", tf.relu6, (v) => Math.min(6, Math.max(0, v)), (v) => 4 * offZero(v)],
  ["round", tf.round, Math.round, betweenIntegers],
  ["rsqrt", tf.rsqrt, (v) => 1 / Math.sqrt(v), positive],
  ["selu", tf.selu, (v) => SELU.scale * (v > 0 ? v : SELU.alpha * Math.expm1(v)), offZero],
  ["sign", tf.sign, Math.sign, offZero],
  ["sin", tf.sin, Math.sin],
  ["sinh", tf.sinh, Math.sinh],
  ["sqrt", tf.sqrt, Math.sqrt, positive],
  ["square", tf.square, (v) => v * v],
  ["step", (x) => tf.step(x, 0.3), (v) => (v > 0 ? 1 : 0.3), offZero],
  ["tan", tf.tan, Math.tan, inside],
  ["zerosLike", (x) => tf.add(x, tf.zerosLike(x)), (v) => v],
];

export const unary: Case[] = functions.map(([name, run, of, domain]) => ({
  name: `${name} [3,5]`,
  shapes: [[3, 5]],
  ...(domain ? { domain } : {}),
  run: (x) => run(x),
  reference: (x) => ref.map(x, of),
}));
