import { odeint, type Statistics } from "@latentflow/ode";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { backends, leaked, start, values } from "./backends.js";

type F = (t: number, y: tf.Tensor1D) => tf.Tensor;

const pair = (y: tf.Tensor1D) => tf.unstack(y) as [tf.Scalar, tf.Scalar];

/** Problems on float32 tensors with their end, torchdiffeq's evaluations by dopri5 at rtol = atol = 1e-6, and its error. */
const problems: [string, F, readonly number[], number, readonly number[], number, number][] = [
  ["decay", (_t, y) => tf.neg(y), [1], 1, [Math.exp(-1)], 32, 6e-7],
  [
    "harmonic",
    (_t, y) => {
      const [x, v] = pair(y);
      return tf.stack([v, tf.neg(x)]);
    },
    [1, 0],
    2 * Math.PI,
    [1, 0],
    134,
    4e-6,
  ],
  [
    "Lotka–Volterra",
    (_t, y) => {
      const [u, v] = pair(y);
      const uv = tf.mul(u, v);
      return tf.stack([tf.sub(tf.mul(u, 1.5), uv), tf.sub(uv, tf.mul(v, 3))]);
    },
    [1, 1],
    10,
    [1.026344767575, 0.909691078136],
    578,
    4e-5,
  ],
  [
    "Van der Pol",
    (_t, y) => {
      const [x, v] = pair(y);
      return tf.stack([v, tf.sub(tf.mul(tf.sub(1, tf.square(x)), v), x)]);
    },
    [2, 0],
    20,
    [2.008149762175, -0.042508875273],
    1118,
    3e-5,
  ],
  [
    "cubic spiral",
    (_t, y) => {
      const [x, v] = pair(tf.mul(tf.square(y), y));
      return tf.stack([tf.sub(tf.mul(x, -0.1), tf.mul(v, 2)), tf.sub(tf.mul(x, 2), tf.mul(v, 0.1))]);
    },
    [2, 0],
    25,
    [-0.443623486699, 0.279440641619],
    1184,
    4e-5,
  ],
];

describe.each(backends)("dopri5 on float32 tensors, rtol = atol = 1e-6, on %s", (backend) => {
  beforeAll(() => start(backend));

  it.each(problems)("%s", (_name, f, y0, t1, end, nfe, error) => {
    let statistics: Statistics | undefined;
    let y: number[] = [];
    const left = leaked(() => {
      const first = tf.tensor1d([...y0]);
      const options = {
        rtol: 1e-6,
        atol: 1e-6,
        endpoint: "overshoot",
        onStatistics: (s: Statistics) => (statistics = s),
      } as const;
      y = values(odeint(f, first, [0, t1], options)).slice(y0.length);
      first.dispose();
    });
    expect(left).toBe(0);
    // Two steps of six evaluations more or less: which of two nearly equal sums rounds up decides about single steps.
    expect(Math.abs(statistics!.nfe - nfe)).toBeLessThanOrEqual(backend === "wasm" ? 0 : 12);
    expect(Math.max(...end.map((value, i) => Math.abs(value - y[i]!)))).toBeLessThan(1.2 * error);
  });
});
