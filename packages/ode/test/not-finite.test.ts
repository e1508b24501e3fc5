import { type SolveOptions, solve, solveAsync } from "@latentflow/ode";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { backends, start } from "./backends.js";

const starts: [string, Partial<SolveOptions>][] = [
  ["a chosen first step", {}],
  ["a given first step", { firstStep: 0.1 }],
  ["no relative tolerance", { rtol: 0, atol: 1e-3 }],
];
const wrong = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
const unit = { t0: 0, t1: 1 };

describe("in numbers", () => {
  it.each(starts)("y0 that is not finite is named before any step, whatever f: %s", (_name, options) => {
    for (const y0 of wrong) {
      for (const f of [() => 0, (t: number) => Math.cos(t), (_t: number, y: number) => -y]) {
        const { status, stats } = solve(f, y0, { ...unit, ...options } as SolveOptions);
        expect(status).toMatchObject({ kind: "notFinite", t: 0, step: 0 });
        expect(status.message).toContain("y0 or f(t, y0) holds NaN or Infinity at t = 0");
        expect(stats.nfe).toBe(1);
      }
    }
  });

  it("the largest finite y0 is no reason to stop", () => {
    for (const [, options] of starts) {
      const { status } = solve(() => 0, Number.MAX_VALUE, { ...unit, ...options } as SolveOptions);
      expect(status.kind).toBe("finished");
    }
  });

  it("nor is f whose square is infinite", () => {
    for (const t0 of [0, 1]) {
      const solution = solve((t) => 1e160 * Math.cos(t), 0, { t0, t1: 2 });
      expect(solution.status.kind).toBe("finished");
      expect(solution.evaluate(2) / 1e160).toBeCloseTo(Math.sin(2) - Math.sin(t0), 5);
    }
  });

  it("f that is not finite at the start ends the solve within one step", () => {
    for (const slope of wrong) {
      for (const [, options] of starts) {
        const { status, stats } = solve(() => slope, 1, { ...unit, ...options } as SolveOptions);
        expect(status).toMatchObject({ kind: "notFinite", t: 0 });
        expect(stats.nfe).toBeLessThanOrEqual(7);
      }
    }
  });

  it("so does f that is not finite at the start of a later step", () => {
    const f = (t: number, y: number) => (t > 0.5 ? Number.NaN : -y);
    const { status, stats } = solve(f, 1, { ...unit, jumpTimes: [0.5] });
    expect(status).toMatchObject({ kind: "notFinite", t: 0.5 });
    expect(stats.rejected).toBe(1);
  });

  it("where f is finite at t = 0 alone, it gives up after some 40 shorter steps; minStep stops it sooner", () => {
    const f = (t: number, y: number) => (t > 0 ? Number.NaN : -y);
    const { status, stats } = solve(f, 1, { ...unit, firstStep: 0.1 });
    expect(status).toMatchObject({ kind: "notFinite", t: 0 });
    expect(stats.rejected).toBeLessThan(50);
    expect(solve(f, 1, { ...unit, firstStep: 0.1, minStep: 1e-3 }).stats.rejected).toBe(3);
  });

  it("a step that leaves where f is defined is tried shorter: y′ = −√y from 1 is (1 − t/2)²", () => {
    const solution = solve((_t, y) => -Math.sqrt(y), 1, { t0: 0, t1: 1.9, firstStep: 1.9 });
    expect(solution.status.kind).toBe("finished");
    expect(solution.stats.rejected).toBeGreaterThan(0);
    expect(solution.evaluate(1.9)).toBeCloseTo(0.05 ** 2, 6);
  });
});

describe.each(backends)("on tensors, %s", (backend) => {
  beforeAll(() => start(backend));
  const constant = (_t: number, y: tf.Tensor) => tf.fill(y.shape, 0.5);

  it.each(starts)("y0 that is not finite is named before any step: %s", async (_name, options) => {
    for (const value of wrong) {
      const y0 = tf.tensor1d([1, 2, 3, 4, 5, value]);
      const before = tf.memory().numTensors;
      const all = { ...unit, ...options } as SolveOptions;
      for (const solution of [solve(constant, y0, all), await solveAsync(constant, y0, all)]) {
        expect(solution.status).toMatchObject({ kind: "notFinite", t: 0, step: 0 });
        expect(solution.stats.nfe).toBe(1);
        solution.dispose();
      }
      expect(tf.memory().numTensors).toBe(before);
      y0.dispose();
    }
  });

  it("the largest finite y0 is no reason to stop", () => {
    const y0 = tf.tensor1d([3.4e38, -3.4e38, 1]);
    for (const [, options] of starts) {
      const solution = solve(constant, y0, { ...unit, ...options } as SolveOptions);
      expect(solution.status.kind).toBe("finished");
      solution.dispose();
    }
    y0.dispose();
  });

  it("f that is not finite at the start ends the solve within one step, and nothing leaks", () => {
    const y0 = tf.tensor1d([1, 2]);
    const before = tf.memory().numTensors;
    for (const [, options] of starts) {
      const solution = solve((_t, y) => tf.mul(y, Number.NaN), y0, { ...unit, ...options } as SolveOptions);
      expect(solution.status).toMatchObject({ kind: "notFinite", t: 0 });
      expect(solution.stats.nfe).toBeLessThanOrEqual(7);
      solution.dispose();
    }
    expect(tf.memory().numTensors).toBe(before);
    y0.dispose();
  });
});
