import { odeint, odeintEvent } from "@latentflow/ode";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { timeDerivative } from "../src/gradients/time-derivative.js";
import { start, values } from "./backends.js";

describe.each(["cpu", "wasm"] as const)("times far from 0, on %s", (backend) => {
  it.each([
    [0, 1],
    [1e6, 1],
    [1e6, 10],
  ])("as tensors: y′ = −k y from t = %f, k = %i, values and gradients", async (t0, k) => {
    await start(backend);
    const times = tf.tensor1d([t0, t0 + 0.5, t0 + 1]);
    const solve = (t: tf.Tensor) => odeint((_t, y: tf.Tensor) => tf.mul(y, -k), tf.scalar(1), t as tf.Tensor1D, { rtol: 1e-6 });
    const y = values(solve(times));
    expect(Math.abs(y[1]! - Math.exp(-0.5 * k))).toBeLessThan(2e-6);
    expect(Math.abs(y[2]! - Math.exp(-k))).toBeLessThan(2e-6);
    const weights = [0, 1, 2];
    const gradient = values(tf.grad((t) => tf.sum(tf.mul(solve(t), weights)))(times));
    const wanted = [1, 2].map((i) => -i * k * Math.exp((-i * k) / 2));
    for (const i of [1, 2]) expect(Math.abs(gradient[i]! - wanted[i - 1]!)).toBeLessThan(2e-5);
    expect(Math.abs(gradient[0]! + wanted[0]! + wanted[1]!)).toBeLessThan(4e-5);
    times.dispose();
  });

  it.each([0, 100, 1000])("of an event y = sin 10t that takes its time as a number, from t = %i", async (t0) => {
    await start(backend);
    const y0 = tf.scalar(0.5);
    let [t, y] = [0, 0];
    const event = (t: number, y: tf.Tensor) => tf.sub(y, Math.sin(10 * t)) as tf.Scalar;
    const gradient = tf.grad((y0) => {
      const found = odeintEvent((_t, y: tf.Tensor) => tf.mul(y, -0.1), y0, t0, { event, maxTime: t0 + 10, maxStep: 0.02 });
      [t, y] = [found.t.dataSync()[0]!, found.y.dataSync()[0]!];
      return found.t;
    })(y0);
    y0.dispose();
    // dt* = −∂g/∂y · ∂y/∂y0 / (∂g/∂y f + ∂g/∂t).
    const wanted = -Math.exp(-0.1 * (t - t0)) / (-0.1 * y - 10 * Math.cos(10 * t));
    expect(Math.abs(values(gradient)[0]! / wanted - 1)).toBeLessThan(5e-4);
  });

  it("of an event that is not defined beyond maxTime", async () => {
    await start(backend);
    const asked: number[] = [];
    const event = (t: number, y: tf.Tensor): tf.Scalar => {
      asked.push(t);
      return tf.sub(y, Math.sqrt(2 - t)) as tf.Scalar;
    };
    const y0 = tf.scalar(0.1);
    // y = 0.1 + t/10 meets √(2 − t) at t = 1.9604…
    const gradient = tf.grad((y0) => odeintEvent((_t, y: tf.Tensor) => tf.fill(y.shape, 0.1), y0, 0, { event, maxTime: 2 }).t)(
      y0,
    );
    y0.dispose();
    const b = 1.02;
    const t = -(b / 0.02) + Math.sqrt((b / 0.02) ** 2 + 199);
    const wanted = -1 / (0.1 + 0.5 / Math.sqrt(2 - t));
    expect(Math.abs(values(gradient)[0]! / wanted - 1)).toBeLessThan(1e-2);
    expect(Math.min(...asked)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...asked)).toBeLessThanOrEqual(2);
  });
});

describe("timeDerivative", () => {
  it.each([
    ["inside the interval", 1, 1e-12],
    ["at its end", 2, 1e-10],
    ["at its start", 0, 1e-10],
  ])("of e^t, %s", (_where, t, tolerance) => {
    expect(Math.abs(timeDerivative(Math.exp, t, [0, 2], 0.5) / Math.exp(t) - 1)).toBeLessThan(tolerance);
  });

  it("of what float32 holds of sin 10t, at t = 1000", () => {
    const g = (t: number) => Math.fround(Math.sin(10 * t));
    expect(Math.abs(timeDerivative(g, 1000, [0, 2000], 0.02) - 10 * Math.cos(10_000))).toBeLessThan(1e-4);
  });

  it("of a constant and of a straight line", () => {
    expect(timeDerivative(() => 3, 1, [0, 2], 1)).toBe(0);
    expect(timeDerivative((t) => 5 * t, 1e6, [0, 2e6], 1)).toBeCloseTo(5, 9);
  });
});
