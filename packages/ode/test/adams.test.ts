import { odeint, odeintAdjoint, solve } from "@latentflow/ode";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { integralWeights } from "../src/methods/multistep/adams-stepper.js";
import { leaked, start, values } from "./backends.js";
import { nonautonomous, rational } from "./problems.js";

const slope = ([a, b]: readonly number[]) => Math.log2(a! / b!);

it("Adams' weights on equal steps are the well-known ones", () => {
  const expectAll = (weights: number[], expected: number[]) =>
    weights.forEach((weight, i) => void expect(weight).toBeCloseTo(expected[i]!, 13));
  expectAll(integralWeights([0, -1, -2, -3]), [55 / 24, -59 / 24, 37 / 24, -9 / 24]);
  expectAll(integralWeights([0, -1, -2, 1]), [19 / 24, -5 / 24, 1 / 24, 9 / 24]);
});

describe.each([
  ["explicit_adams", 1, 0.28],
  ["implicit_adams", 3, 0.9],
] as const)("%s", (method, evaluations, reach) => {
  it("has order 4, in equal steps and others, and dense output of order 3", () => {
    const { f, exact } = rational;
    const errors = [256, 512].map((n) => Math.abs(odeint(f, exact(0), [0, 1.5], { method, stepSize: 1.5 / n })[1]! - exact(1.5)));
    expect(slope(errors)).toBeGreaterThan(3.7);
    expect(slope(errors)).toBeLessThan(4.7);
    const uneven = [256, 512].map((n) => {
      const grid = Array.from({ length: n + 1 }, (_, i) => (1.5 * (i + 0.3 * Math.sin((4 * Math.PI * i) / n) * (n / 16))) / n);
      return Math.abs(odeint(f, exact(0), [0, 1.5], { method, grid: [...grid.slice(0, -1), 1.5] })[1]! - exact(1.5));
    });
    expect(slope(uneven)).toBeGreaterThan(3.6);
    const inside = [0.05, 0.025].map((h) => {
      const { f, exact } = nonautonomous;
      const solution = solve(f, exact(0), { t0: 0, t1: 8 * h, method, stepSize: h });
      return Math.max(...[5.2, 5.5, 5.8].map((x) => Math.abs(solution.evaluate(x * h) - exact(x * h))));
    });
    expect(slope(inside)).toBeGreaterThan(3.6);
  });

  it("is stable where it says, and costs the evaluations it says", () => {
    const grown = (rate: number) => Math.abs(odeint((_t, y) => -rate * y, 1, [0, 300], { method, stepSize: 1 })[1]!);
    expect(grown(reach)).toBeLessThan(1e-6);
    expect(grown(reach)).toBeLessThan(grown(0.001));
    let nfe = 0;
    odeint((_t, y) => -y, 1, [0, 1], { method, stepSize: 0.01, onStatistics: (cost) => (nfe = cost.nfe) });
    // Three Runge–Kutta steps to start with.
    expect(nfe).toBe(3 * 4 + 97 * evaluations);
  });

  it("starts anew at jumps, goes backward, gives outputs and straight lines", () => {
    const jump = odeint((t, y) => (t < 0.5 ? -y : y), 1, [0, 0.25, 1], { method, stepSize: 0.01, jumpTimes: [0.5] });
    expect(jump[1]).toBeCloseTo(Math.exp(-0.25), 8);
    expect(jump[2]).toBeCloseTo(1, 8);
    expect(odeint((_t, y) => -y, 1, [1, 0], { method, stepSize: 0.01 })[1]).toBeCloseTo(Math.E, 7);
    const straight = solve((_t, y) => -y, 1, { t0: 0, t1: 1, method, stepSize: 0.1, interpolation: "linear" });
    expect(straight.evaluate(0.75)).toBeCloseTo((straight.evaluate(0.7) + straight.evaluate(0.8)) / 2, 12);
    const swing = solve((_t, [x, v]: Float64Array) => [v!, -x!], Float64Array.of(1, 0), {
      t0: 0,
      t1: 9,
      method,
      stepSize: 0.01,
      event: (_t, [x]) => x!,
    });
    expect(swing.status.t).toBeCloseTo(Math.PI / 2, 7);
  });

  it("does on tensors what it does on numbers", async () => {
    const swing = (_t: number, y: tf.Tensor) => tf.matMul(y, tf.tensor2d([0, -1, 1, 0], [2, 2])) as tf.Tensor2D;
    for (const backend of ["cpu", "wasm"] as const) {
      await start(backend);
      const left = leaked(() => {
        const y0 = tf.tensor2d([[1, 0.5]]);
        const options = { method, stepSize: 0.05, jumpTimes: [0.52] } as const;
        const [x, v] = odeint((_t, [x, v]) => [v, -x], [1, 0.5], [0, 0.33, 1], options);
        const got = values(odeint(swing, y0, [0, 0.33, 1], options));
        for (const i of [0, 1, 2]) {
          expect(got[2 * i]).toBeCloseTo(x![i]!, 5);
          expect(got[2 * i + 1]).toBeCloseTo(v![i]!, 5);
        }
        y0.dispose();
      });
      expect(left).toBe(0);
    }
  });

  it("has gradients through its steps, of second order too, and by the adjoint", async () => {
    await start("wasm");
    const left = leaked(() => {
      const [y0, rate] = [tf.scalar(0.5), tf.scalar(0.8)];
      const f = (_t: number, y: tf.Tensor, rate: tf.Tensor) => tf.neg(tf.mul(rate, tf.square(y)));
      const times = [0, 0.5, 2];
      const options = { method, stepSize: 0.05 } as const;
      const bySteps = (y: tf.Tensor, args: tf.Tensor) => odeint(f, y, times, { ...options, args });
      const byAdjoint = (y: tf.Tensor, args: tf.Tensor) => odeintAdjoint(f, y, times, { ...options, args });
      const end = (solve: typeof bySteps) => (y: tf.Tensor, rate: tf.Tensor) => tf.sum(tf.slice(solve(y, rate), 2)) as tf.Scalar;
      // y(2) = y0 / (1 + 2 r y0).
      for (const solve of [bySteps, byAdjoint]) {
        const [dy, dr] = tf
          .grads(end(solve))([y0, rate])
          .map((gradient) => values(gradient)[0]!);
        expect(dy).toBeCloseTo(1 / 1.8 ** 2, 5);
        expect(dr).toBeCloseTo(-0.5 / 1.8 ** 2, 5);
      }
      const second = tf.grad((y: tf.Tensor) => tf.grad((y: tf.Tensor) => end(bySteps)(y, rate))(y))(y0);
      expect(values(second)[0]).toBeCloseTo(-3.2 / 1.8 ** 3, 4);
      tf.dispose([y0, rate]);
    });
    expect(left).toBe(0);
  });

  it("says what its memory of steps rules out", async () => {
    await start("cpu");
    const [y0, t] = [tf.scalar(1), tf.tensor1d([0, 1])];
    const f = (_t: unknown, y: tf.Tensor) => tf.neg(y);
    const options = { method, stepSize: 0.1 } as const;
    expect(() => odeint(f, y0, [0, 1], { ...options, gradient: "checkpointed" })).toThrow(
      `checkpointed does not apply to ${method}`,
    );
    expect(() => odeint(f, y0, t, options)).toThrow(`expected t to be numbers for ${method}`);
    const batch = tf.ones([2, 1]);
    expect(() => odeint(f, batch, [0, 1], { ...options, perSample: true })).toThrow(`perSample does not apply to ${method}`);
    tf.dispose([y0, t, batch]);
  });
});
