import { odeint, solve, solveAsync } from "@latentflow/ode";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { leaked, start, values } from "./backends.js";
import { constant, methods } from "./methods.js";
import { decayOnTensors, fall } from "./problems.js";

beforeAll(() => start("wasm"));

describe("solve and solveAsync", () => {
  it("evaluate and derivative between nodes; nodes exactly", () => {
    const solution = solve((_t, y) => [y[1]!, -y[0]!], Float64Array.of(0, 1), { t0: 0, t1: 5, rtol: 1e-9, atol: 1e-9 });
    for (const t of [0, 0.7, 2.2, 4.9, 5]) {
      expect(solution.evaluate(t)[0]).toBeCloseTo(Math.sin(t), 6);
      expect(solution.derivative(t)[0]).toBeCloseTo(Math.cos(t), 5);
    }
    for (const [i, t] of solution.t.entries()) expect(solution.evaluate(t)).toEqual(solution.y[i]);
  });

  it.each(methods)("%s: the derivative is that of evaluate", (method) => {
    const solution = solve((t, y) => Math.cos(t) * y, 1, { t0: 0, t1: 1, ...constant(method) });
    for (const t of [0.03, 0.55, 0.91]) {
      const difference = (solution.evaluate(t + 1e-6) - solution.evaluate(t - 1e-6)) / 2e-6;
      expect(solution.derivative(t)).toBeCloseTo(difference, 7);
    }
  });

  it("a solution returned from tf.tidy keeps its tensors; dispose frees them all", () => {
    const y0 = tf.fill([4], 1);
    const before = tf.memory().numTensors;
    const solution = tf.tidy(() => solve(decayOnTensors, y0, { t0: 0, t1: 1 }) as never) as ReturnType<typeof solve<tf.Tensor>>;
    expect(values(solution.evaluate(0.5))[0]).toBeCloseTo(Math.exp(-0.5), 4);
    expect(solution.y.shape).toEqual([solution.t.length, 4]);
    solution.dispose();
    expect(tf.memory().numTensors).toBe(before);
    y0.dispose();
  });

  it("solveAsync takes the same steps as solve; odeint repeats its grid bit by bit, differentiably", async () => {
    const f = (t: number, y: tf.Tensor) => tf.sub(tf.mul(y, Math.cos(3 * t)), tf.mul(tf.square(y), 0.3));
    const y0 = tf.tensor1d([1, 2]);
    const before = tf.memory().numTensors;
    const sync = solve(f, y0, { t0: 0, t1: 3 });
    const solution = await solveAsync(f, y0, { t0: 0, t1: 3 });
    expect([...solution.t]).toEqual([...sync.t]);
    const end = values(solution.evaluate(3));
    expect(values(odeint(f, y0, [0, 3], { grid: solution.t })).slice(2)).toEqual(end);
    const replayed = tf.grad((y0) => tf.sum(tf.slice(odeint(f, y0, [0, 3], { grid: solution.t }), 1)))(y0);
    const direct = tf.grad((y0) => tf.sum(tf.slice(odeint(f, y0, [0, 3]), 1)))(y0);
    expect(values(replayed)).toEqual(values(direct));
    for (const held of [sync, solution]) held.dispose();
    expect(tf.memory().numTensors).toBe(before);
    y0.dispose();
  });

  it("output grids cost no extra steps", () => {
    const cost = (outputs: number) => {
      let nfe = 0;
      const times = Array.from({ length: outputs }, (_, i) => (5 * i) / (outputs - 1));
      odeint((t, y) => Math.cos(t) * y, 1, times, { onStatistics: (statistics) => (nfe = statistics.nfe) });
      return nfe;
    };
    expect(cost(1000)).toBe(cost(2));
  });

  it("reverse-time symmetry: forward and back returns to the start", () => {
    for (const method of ["dopri5", "tsit5", "dopri8", "verner8", "bosh3"] as const) {
      const f = (t: number, y: Float64Array) => [y[1]!, -Math.sin(y[0]!) + 0.1 * Math.cos(t)];
      const options = { method, rtol: 1e-10, atol: 1e-12, maxSteps: 1e6 } as const;
      const there = odeint(f, Float64Array.of(1, 0.3), [0, 7], options)[1]!;
      const back = odeint(f, there, [7, 0], options)[1]!;
      expect(back[0]).toBeCloseTo(1, 7);
      expect(back[1]).toBeCloseTo(0.3, 7);
      // Time reversed: y(−t) solves y′ = −f(−t, y), with the same steps.
      const mirrored = odeint((t, y) => f(-t, y).map((slope) => -slope), Float64Array.of(1, 0.3), [0, -7], options)[1]!;
      expect(mirrored[0]).toBeCloseTo(there[0]!, 12);
    }
  });

  it("controllers I, PI and PID all reach the end, stepTimes are nodes, maxStep holds", () => {
    for (const controller of ["I", "PI", "PID", { p: 0.3, i: 0.3 }] as const) {
      const options = { t0: 0, t1: 5, controller, stepTimes: [1.234, 4], maxStep: 0.3 };
      const solution = solve((t, y) => Math.cos(t) * y, 1, options);
      expect(solution.evaluate(5)).toBeCloseTo(Math.exp(Math.sin(5)), 5);
      expect([...solution.t]).toEqual(expect.arrayContaining([1.234, 4]));
      expect(Math.max(...solution.t.slice(1).map((t, i) => t - solution.t[i]!))).toBeLessThanOrEqual(0.3 + 1e-12);
    }
  });
});

describe("AbortSignal and progress", () => {
  it("an aborted signal stops the solve at its next step, without a leak", () => {
    const controller = new AbortController();
    const y0 = tf.fill([4], 1);
    const left = leaked(() => {
      const run = () =>
        solve(decayOnTensors, y0, {
          t0: 0,
          t1: 10,
          signal: controller.signal,
          onProgress: ({ accepted }) => {
            if (accepted === 3) controller.abort();
          },
        });
      expect(run).toThrow(expect.objectContaining({ name: "AbortError" }));
    });
    expect(left).toBe(0);
    y0.dispose();
  });

  it("a signal aborted from outside stops solveAsync, in numbers and on tensors", async () => {
    const y0 = tf.fill([4], 1);
    for (const start of [1, y0] as const) {
      const before = tf.memory().numTensors;
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 5);
      const f = start === 1 ? fall : decayOnTensors;
      const endless = solveAsync(f as never, start as never, {
        t0: 0,
        t1: 1e9,
        maxStep: 0.001,
        maxSteps: 1e9,
        dense: false,
        signal: controller.signal,
      });
      await expect(endless).rejects.toMatchObject({ name: "AbortError" });
      expect(tf.memory().numTensors).toBe(before);
    }
    y0.dispose();
  });

  it("progress counts up to 1", () => {
    const fractions: number[] = [];
    odeint(fall, 1, [0, 1], { onProgress: ({ fraction }) => fractions.push(fraction) });
    expect(fractions.at(-1)).toBe(1);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
  });
});
