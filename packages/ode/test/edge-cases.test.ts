import { odeint, odeintAdjoint, odeintEvent, odeintEventAsync, type Statistics, solve, solveAsync } from "@latentflow/ode";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { backends, leaked, start, values } from "./backends.js";

/** y′ = t y, so that dy(tᵢ)/dtᵢ = tᵢ y(tᵢ), and y(t) = exp((t² − t₀²)/2). */
const growth = (t: tf.Scalar, y: tf.Tensor) => tf.mul(t, y);

describe.each(backends)("on %s", (backend) => {
  beforeAll(() => start(backend));

  it.each([
    ["constant steps", { method: "rk4", stepSize: 0.125 }],
    ["euler", { method: "euler", stepSize: 1 / 128 }],
    ["stepTimes", { rtol: 1e-6, stepTimes: [0.5] }],
    ["jumpTimes", { rtol: 1e-6, jumpTimes: [0.5] }],
    ["a grid", { method: "verner8", grid: [0, 0.25, 0.5, 1] }],
  ] as const)("the gradient reaches an output time on which a step ends: %s", (name, options) => {
    for (const gradient of ["steps", "checkpointed"] as const) {
      const times = tf.tensor1d([0, 0.5, 1]);
      const middle = (t: tf.Tensor) => {
        const y = odeint(growth, tf.scalar(1), t as tf.Tensor1D, { ...options, gradient });
        return tf.sum(tf.slice(y, 1, 1));
      };
      const [dt0, dt1, dt2] = values(tf.grad(middle)(times));
      expect(dt0).toBeCloseTo(0, 1);
      expect(Math.abs(dt1! - 0.5 * Math.exp(0.125))).toBeLessThan(name === "euler" ? 0.02 : 2e-5);
      expect(dt2).toBeCloseTo(0, 5);
      times.dispose();
    }
  });

  it("f that is NaN from the first step at t = 0 on is named", () => {
    const y0 = tf.tensor1d([1, 2]);
    let calls = 0;
    const f = (_t: number, y: tf.Tensor) => tf.tidy(() => (++calls > 2 ? tf.mul(y, Number.NaN) : tf.neg(y)));
    const left = leaked(() => expect(() => odeint(f, y0, [0, 1])).toThrow("NaN or Infinity"));
    expect(left).toBe(0);
    y0.dispose();
  });

  it("args may hold indices: they have no gradient and stop none", () => {
    const weights = tf.tensor1d([0.3, 0.4]);
    const args = { index: tf.tensor1d([1, 0], "int32") };
    const y0 = tf.tensor1d([1, 2]);
    // tfjs's wasm backend has no kernel for the gradient of gather.
    const select = (w: tf.Tensor, index: tf.Tensor1D): tf.Tensor =>
      backend === "wasm"
        ? tf.reshape(tf.matMul(tf.cast(tf.oneHot(index, 2), "float32") as tf.Tensor2D, tf.reshape(w, [2, 1])), [2])
        : tf.gather(w, index);
    const f = (_t: number, y: tf.Tensor, { w, index }: { w: tf.Tensor; index: tf.Tensor1D }) => tf.mul(select(w, index), y);
    const left = leaked(() => {
      for (const solveIt of [
        (w: tf.Tensor) => odeint(f, y0, [0, 1], { args: { w, ...args }, rtol: 1e-6 }),
        (w: tf.Tensor) => odeint(f, y0, [0, 1], { args: { w, ...args }, rtol: 1e-6, gradient: "checkpointed" }),
        (w: tf.Tensor) => odeintAdjoint(f, y0, [0, 1], { args: { w, ...args }, rtol: 1e-6 }),
      ]) {
        const [first, second] = values(tf.grad((w) => tf.sum(solveIt(w)))(weights));
        expect(first).toBeCloseTo(2 * Math.exp(0.3), 4);
        expect(second).toBeCloseTo(Math.exp(0.4), 4);
      }
    });
    expect(left).toBe(0);
    tf.dispose([weights, args, y0]);
  });
});

describe("on cpu", () => {
  beforeAll(() => start("cpu"));

  it("the adjoint's fallback differentiates at the output, also where the last step would pass it", () => {
    const inputs = [tf.tensor1d([1, 2]), tf.scalar(0.7)];
    const f = (t: number, y: tf.Tensor, k: tf.Tensor) => tf.mul(k, tf.sin(tf.add(y, t)));
    const gradient = (detectInstability: number) => {
      let report: Statistics | undefined;
      const adjoint = { rtol: 1e-5, atol: 1e-6, detectInstability };
      const loss = (y0: tf.Tensor, args: tf.Tensor) =>
        tf.sum(
          odeintAdjoint(f, y0, [0, 0.4, 1], {
            ...{ args, adjoint, endpoint: "overshoot", rtol: 1e-4, atol: 1e-4 },
            onStatistics: (statistics) => (report = statistics),
          }),
        );
      const result = tf
        .grads(loss)(inputs)
        .flatMap((part) => values(part));
      return { result, fallback: report?.fallback };
    };
    const [backward, stored] = [gradient(1e6), gradient(1e-12)];
    expect(backward.fallback).toBeUndefined();
    expect(stored.fallback?.cause).toBe("reconstruction");
    for (const [i, value] of backward.result.entries()) expect(Math.abs(stored.result[i]! - value)).toBeLessThan(1e-3);
    tf.dispose(inputs);
  });

  it("what f returns must nest as y0, its keys included", () => {
    const y0 = { x: tf.scalar(1), v: tf.scalar(0) };
    type Pair = typeof y0;
    const wrong = [({ x, v }: Pair) => ({ dx: v, dv: tf.neg(x) }), ({ x, v }: Pair) => [v, tf.neg(x)]];
    for (const f of wrong) {
      expect(leaked(() => expect(() => odeint((_t, y: Pair) => f(y) as never, y0, [0, 1])).toThrow("{v: *, x: *}"))).toBe(0);
    }
    tf.dispose(y0);
  });

  it("checkpoints report progress of the solve only, not of its repetition", () => {
    const fractions: number[] = [];
    const onProgress = ({ fraction }: { fraction: number }) => fractions.push(fraction);
    const y0 = tf.scalar(1);
    const solved = (y: tf.Tensor) => tf.sum(odeint((_t, y) => tf.neg(y), y, [0, 1], { gradient: "checkpointed", onProgress }));
    tf.dispose(tf.grad(solved)(y0));
    expect(fractions).toEqual([...new Set(fractions)].sort((a, b) => a - b));
    y0.dispose();
  });

  it("a callback that throws leaks nothing", async () => {
    const y0 = tf.scalar(1);
    const f = (_t: number, y: tf.Tensor) => tf.neg(y);
    const onStatistics = () => {
      throw new RangeError("stop");
    };
    const search = { event: (_t: number, y: tf.Tensor) => tf.sub(y, 0.5) as tf.Scalar, maxTime: 5, onStatistics };
    const before = tf.memory().numTensors;
    expect(() => solve(f, y0, { t0: 0, t1: 1, onStatistics })).toThrow(RangeError);
    await expect(solveAsync(f, y0, { t0: 0, t1: 1, onStatistics })).rejects.toThrow(RangeError);
    expect(() => odeintEvent(f, y0, 0, search)).toThrow(RangeError);
    await expect(odeintEventAsync(f, y0, 0, search)).rejects.toThrow(RangeError);
    expect(tf.memory().numTensors).toBe(before);
    y0.dispose();
  });

  it("an event's second derivative throws: it would be silently wrong", () => {
    const time = (h: tf.Tensor) => {
      const fall = (_t: number, { v }: { x: tf.Tensor; v: tf.Tensor }) => ({ x: v, v: tf.scalar(-9.81) });
      const event = (_t: number, { x }: { x: tf.Tensor }) => tf.expm1(x) as tf.Scalar;
      return odeintEvent(fall, { x: h, v: tf.scalar(0) }, 0, { event, maxTime: 5, rtol: 1e-6 }).t;
    };
    const height = tf.scalar(10);
    expect(values(tf.grad(time)(height))[0]).toBeCloseTo(0.07139215614635322, 5);
    expect(() => tf.grad((h) => tf.grad((h) => tf.square(time(h)))(h))(height)).toThrow("second derivatives");
    height.dispose();
  });
});

describe("events", () => {
  const fall = (_t: number, y: number) => -y;
  it("after maxTime are not looked for, whatever the grid", () => {
    const search = { maxTime: 1, grid: [0, 0.7, 1.4] };
    expect(odeintEvent(fall, 1, 0, { ...search, event: (t) => t - 1.05 })).toMatchObject({ occurred: false, t: 1 });
    expect(odeintEvent(fall, 1, 0, { ...search, event: (t) => t - 0.95 }).t).toBeCloseTo(0.95, 12);
    const overshoot = { maxTime: 1, endpoint: "overshoot", event: (t: number) => t - 1.05 };
    expect(() => odeintEvent(fall, 1, 0, overshoot as never)).toThrow("endpoint does not apply");
  });

  it("infinite values of the event function have a sign", () => {
    const event = (t: number) => (t < 0.5 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY);
    expect(odeintEvent(fall, 1, 0, { event, maxTime: 1 }).t).toBeCloseTo(0.5, 12);
  });

  it("an event function that is NaN around its root throws", () => {
    const event = (t: number) => (t > 0.4 && t < 0.6 ? Number.NaN : t - 0.5);
    expect(() => odeintEvent(fall, 1, 0, { event, maxTime: 1, method: "rk4", stepSize: 1 })).toThrow("got NaN");
  });

  it("an AbortController in place of its signal, or a callback that is none, is refused at once", () => {
    expect(() => odeint(fall, 1, [0, 1], { signal: new AbortController() as never })).toThrow("controller.signal");
    expect(() => odeint(fall, 1, [0, 1], { onProgress: 3 as never })).toThrow("onProgress");
  });
});
