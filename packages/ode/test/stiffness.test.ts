import { type AdaptiveMethodName, odeint, odeintEvent, type Status, solve } from "@latentflow/ode";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { stabilityReach } from "../src/methods/stability.js";
import { backends, leaked, start } from "./backends.js";
import { EXPLICIT_METHODS } from "./methods.js";

type Triple = readonly [number, number, number];
const robertson = (_t: number, [a, b, c]: Triple): Triple => [
  -0.04 * a + 1e4 * b * c,
  0.04 * a - 1e4 * b * c - 3e7 * b * b,
  3e7 * b * b,
];
const vanDerPol = (_t: number, [x, v]: readonly [number, number]): readonly [number, number] => [v, 1000 * (1 - x * x) * v - x];

/** The rate, the largest stable step and the number of steps that a message names. */
function named({ message }: Status) {
  const found =
    /looks stiff: it decays at a rate of about (\S+), so (\w+) is stable in steps of (\S+) only, whatever the tolerances; (\S+) more/.exec(
      message,
    );
  if (found === null) throw new Error(message);
  return { rate: Number(found[1]), method: found[2], step: Number(found[3]), more: Number(found[4]) };
}

describe("out of steps on a stiff problem", () => {
  it.each(Object.keys(EXPLICIT_METHODS).filter((name) => EXPLICIT_METHODS[name as "euler"].errorWeights) as AdaptiveMethodName[])(
    "%s says so, with the rate and the steps that are missing",
    (method) => {
      const { status } = solve((t, y) => -1e4 * (y - Math.cos(t)), 0, {
        t0: 0,
        t1: 10,
        method,
        rtol: 1e-3,
        maxSteps: 600,
        dense: false,
      });
      expect(status.kind).toBe("maxSteps");
      const { rate, step, more, method: said } = named(status);
      expect(said).toBe(method);
      expect(rate / 1e4).toBeCloseTo(1, 1);
      expect(step / (stabilityReach(EXPLICIT_METHODS[method as "dopri5"]) / 1e4)).toBeCloseTo(1, 1);
      expect(more / ((10 - status.t) / step)).toBeCloseTo(1, 1);
    },
  );

  it("finds the fast one of several decays: Robertson, Van der Pol", () => {
    // The Jacobian's largest eigenvalue at the end, from the states reached: −0.04 − 1e4 c − 6e7 b, roughly, and 1000 (1 − x²).
    const chemistry = solve(robertson, [1, 0, 0], { t0: 0, t1: 1e4, maxSteps: 2000, dense: false });
    const [, b, c] = chemistry.y.map((values) => values.at(-1)!);
    expect(named(chemistry.status).rate / (0.04 + 1e4 * c! + 6e7 * b!)).toBeCloseTo(1, 1);
    const oscillator = solve(vanDerPol, [2, 0], { t0: 0, t1: 2000, maxSteps: 2000, dense: false });
    expect(named(oscillator.status).rate / (1000 * (oscillator.y[0].at(-1)! ** 2 - 1))).toBeCloseTo(1, 1);
    expect(() => odeint(vanDerPol, [2, 0], [0, 2000], { maxSteps: 500 })).toThrow("looks stiff");
    const search = { event: (_t: number, [x]: readonly [number, number]) => x, maxTime: Number.POSITIVE_INFINITY, maxSteps: 500 };
    expect(() => odeintEvent(vanDerPol, [2, 0], 0, search)).toThrow("Infinity more of them would reach t = Infinity");
  });

  it.each(backends)("on tensors, leaking nothing, recorded or not: %s", async (backend) => {
    await start(backend);
    const y0 = tf.tensor1d([0, 1]);
    const rates = tf.tensor1d([-2000, -1]);
    const f = (t: number, y: tf.Tensor) => tf.mul(tf.sub(y, Math.cos(t)), rates);
    const left = leaked(() => {
      const solveIt = (y: tf.Tensor) => odeint(f, y, [0, 100], { maxSteps: 300 });
      expect(() => solveIt(y0)).toThrow(/looks stiff: it decays at a rate of about (2.0e\+3|1.[89]e\+3|2.1e\+3)/);
      expect(() => tf.grad((y) => tf.sum(solveIt(y)))(y0)).toThrow("looks stiff");
    });
    expect(left).toBe(0);
    tf.dispose([y0, rates]);
  });
});

describe("out of steps without stiffness", () => {
  const plain = "raise maxSteps, loosen rtol and atol, or integrate a shorter interval.";
  it.each([
    ["fast oscillation", () => solve((_t, [x, v]) => [v, -1e6 * x], [1, 0], { t0: 0, t1: 1000, maxSteps: 300 })],
    ["few steps of a slow decay", () => solve((_t, y) => -y, 1, { t0: 0, t1: 1000, maxSteps: 5 })],
    ["tight tolerances", () => solve((t, y) => Math.cos(t) - y, 0, { t0: 0, t1: 1e4, rtol: 1e-13, atol: 1e-14, maxSteps: 2000 })],
    ["growth", () => solve((_t, y) => y, 1, { t0: 0, t1: 600, maxSteps: 300 })],
    ["rest", () => solve(() => 0, 1, { t0: 0, t1: 1e300, maxStep: 1, maxSteps: 300 })],
    ["given steps", () => solve((_t, y) => -1000 * y, 1, { t0: 0, t1: 1, stepSize: 1e-3, maxSteps: 300 })],
    ["f that throws elsewhere", () => solve(picky, 0, { t0: 0, t1: 10, maxSteps: 300 })],
  ])("says nothing of it: %s", (_name, run) => {
    const { status } = run();
    expect(status.kind).toBe("maxSteps");
    expect(status.message).toContain(plain);
  });
});

/** Stiff, but not to be asked more often than 300 steps of dopri5 do. */
function picky(t: number, y: number): number {
  if (++calls > 2 + 6 * 300) throw new RangeError("not any more");
  return -1e4 * (y - Math.cos(t));
}
let calls = 0;
