import { odeint, odeintAdjoint, odeintEvent, solve } from "@latentflow/ode";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { backends, leaked, start, values } from "./backends.js";

/** Two decays at very different scales. */
const decays = (_t: number, [a, b]: readonly [number, number]): readonly [number, number] => [-a, -3 * b];
const largest = (scaled: readonly number[]) => Math.max(...scaled.map(Math.abs));

describe("tolerances nested as the state", () => {
  const y0 = [1, 1e-6] as const;
  const steps = (options: object) => solve(decays, y0, { t0: 0, t1: 4, ...options }).stats;

  it("are those of each part: a number stands for all below it", () => {
    const fixed = steps({ rtol: 1e-6, atol: 1e-12 });
    for (const rtol of [[1e-6, 1e-6], Float64Array.of(1e-6, 1e-6)]) expect(steps({ rtol, atol: 1e-12 })).toEqual(fixed);
    // The absolute tolerance of the small part decides whether it costs anything.
    const careless = steps({ rtol: 1e-6, atol: [1e-12, 1] });
    expect(careless.accepted).toBeLessThan(0.8 * fixed.accepted);
    expect(careless).toEqual(solve((_t, y) => -y, 1, { t0: 0, t1: 4, rtol: 1e-6, atol: 1e-12 }).stats);
  });

  it("take arrays and tensors for arrays and tensors, in records", async () => {
    const y = { x: Float64Array.of(1, 1e-6), k: 2 };
    const f = (_t: number, { x }: { x: Float64Array }) => ({ x: [-x[0]!, -3 * x[1]!], k: 0 });
    const nested = solve(f, y, { t0: 0, t1: 4, rtol: 1e-6, atol: { x: [1e-12, 1], k: 1 } }).stats;
    expect(nested.accepted).toBeLessThan(0.8 * solve(f, y, { t0: 0, t1: 4, rtol: 1e-6, atol: 1e-12 }).stats.accepted);
    for (const backend of backends) {
      await start(backend);
      const rates = tf.tensor1d([-1, -3]);
      const state = { x: tf.tensor1d([1, 1e-4]) };
      const slopes = (_t: number, { x }: { x: tf.Tensor1D }) => ({ x: tf.mul(x, rates) });
      const tolerance = tf.tensor1d([1e-7, 1]);
      const accepted = (atol: object | number) => {
        const solution = solve(slopes, state, { t0: 0, t1: 4, rtol: 1e-4, atol } as { t0: number; t1: number });
        solution.dispose();
        return solution.stats;
      };
      const left = leaked(() => {
        expect(accepted({ x: [1e-7, 1e-7] })).toEqual(accepted(1e-7));
        expect(accepted({ x: tolerance }).accepted).toBeLessThan(0.8 * accepted(1e-7).accepted);
        expect(accepted({ x: tolerance })).toEqual(accepted({ x: Float32Array.of(1e-7, 1) }));
      });
      expect(left).toBe(0);
      tf.dispose([rates, state, tolerance]);
    }
  });

  it("go to the adjoint's backward solve as the smallest of them", async () => {
    await start("cpu");
    const rate = tf.scalar(0.5);
    const state = [tf.scalar(1), tf.scalar(1)] as const;
    const f = (_t: number, [a, b]: readonly [tf.Scalar, tf.Scalar], k: tf.Tensor) => [tf.mul(a, k), tf.neg(b)] as const;
    const loss = (k: tf.Tensor) => tf.sum(odeintAdjoint(f, state, [0, 1], { args: k, rtol: [1e-6, 1e-2], atol: 1e-6 })[0]);
    const left = leaked(() => expect(values(tf.grad(loss)(rate))[0]).toBeCloseTo(Math.exp(0.5), 4));
    expect(left).toBe(0);
    const refused = { args: rate, adjoint: { rtol: [1e-6, 1e-6] as never } };
    expect(() => odeintAdjoint(f, state, [0, 1], refused)).toThrow("odeintAdjoint: adjoint: expected rtol to be a finite number");
    tf.dispose([rate, ...state]);
  });
});

describe("an error norm of one's own", () => {
  it("receives errors scaled by the tolerances, shaped as the state, and decides", () => {
    const span = { t0: 0, t1: 4, rtol: 1e-6, atol: 1e-9 };
    const rms = solve(decays, [1, 1], span);
    // The norm that is used without one: members of an array are measured each on its own.
    expect(solve(decays, [1, 1], { ...span, norm: largest }).stats).toEqual(rms.stats);
    expect(solve(decays, [1, 1], { ...span, norm: ([a]) => Math.abs(a) }).stats).toEqual(solve((_t, y) => -y, 1, span).stats);
    expect(solve(decays, [1, 1], { ...span, norm: (scaled) => 1000 * largest(scaled) }).stats.accepted).toBeGreaterThan(
      2 * rms.stats.accepted,
    );
    const { t } = odeintEvent(decays, [1, 1], 0, { event: (_t, [a]) => a - 0.5, maxTime: 4, norm: largest });
    expect(t).toBeCloseTo(Math.LN2, 6);
  });

  it("of sizes below 0 is refused, on numbers and tensors, at the first step and later", async () => {
    await tf.setBackend("cpu");
    const negative = /^odeint: expected norm to return a size ≥ 0, got -[\d.]+; take its absolute value\.$/;
    const before = tf.memory().numTensors;
    const y0 = tf.scalar(1);
    for (const firstStep of [{}, { firstStep: 0.1 }]) {
      expect(() => odeint((_t, y) => -y, 1, [0, 1], { ...firstStep, norm: () => -1 })).toThrow(negative);
      const norm = (scaled: tf.Scalar) => tf.neg(tf.abs(scaled)) as tf.Scalar;
      expect(() => odeint((_t, y: tf.Scalar) => tf.neg(y) as tf.Scalar, y0, [0, 1], { ...firstStep, norm })).toThrow(negative);
    }
    y0.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it("that is NaN shortens the step, as an error that is", () => {
    const { status } = solve((_t, y) => -y, 1, { t0: 0, t1: 1, firstStep: 0.1, norm: () => Number.NaN });
    expect(status.kind).toBe("notFinite");
  });

  it.each(backends)("on tensors, off the tape, in every gradient: %s", async (backend) => {
    await start(backend);
    const y0 = tf.tensor1d([1, 2]);
    const f = (_t: number, y: tf.Tensor1D) => tf.neg(y);
    const norm = (scaled: tf.Tensor1D) => tf.max(tf.abs(scaled)) as tf.Scalar;
    const left = leaked(() => {
      for (const solveIt of [
        (y: tf.Tensor1D) => odeint(f, y, [0, 1], { norm, rtol: 1e-5 }),
        (y: tf.Tensor1D) => odeint(f, y, [0, 1], { norm, rtol: 1e-5, gradient: "checkpointed" }),
        (y: tf.Tensor1D) => odeintAdjoint(f, y, [0, 1], { norm, rtol: 1e-5 }),
      ]) {
        const gradient = values(tf.grad((y) => tf.sum(solveIt(y as tf.Tensor1D)))(y0));
        for (const value of gradient) expect(value).toBeCloseTo(1 + Math.exp(-1), 4);
      }
    });
    expect(left).toBe(0);
    y0.dispose();
  });
});
