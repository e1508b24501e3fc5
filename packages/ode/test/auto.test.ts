import { odeint, solve } from "@latentflow/ode";
import * as float64 from "@latentflow/ode/float64";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { start } from "./backends.js";
import { stiffProblems } from "./stiff-problems.js";

const lotka = (_t: number, [x, y]: Float64Array) => [1.5 * x! - x! * y!, x! * y! - 3 * y!];
const cost = (solution: { readonly stats: { readonly nfe: number; readonly nfeJacobian?: number } }) =>
  solution.stats.nfe + (solution.stats.nfeJacobian ?? 0);

describe('method: "auto"', () => {
  it("is tsit5, to the bit, where nothing is stiff", () => {
    for (const [f, y0, t1] of [
      [lotka, Float64Array.of(1, 1), 10],
      [(_t: number, [x, v]: Float64Array) => [v!, -x!], Float64Array.of(1, 0), 30],
    ] as const) {
      const span = { t0: 0, t1, rtol: 1e-6, atol: 1e-6 } as const;
      const [found, explicit] = [solve(f, y0, { ...span, method: "auto" }), solve(f, y0, { ...span, method: "tsit5" })];
      expect(found.y).toEqual(explicit.y);
      expect(found.stats.nfe).toBe(explicit.stats.nfe);
      expect(found.stats.stepsBy).toEqual({ tsit5: explicit.stats.accepted });
      expect(found.stats.jacobians ?? 0).toBe(0);
    }
  });

  it.each(stiffProblems.map((problem) => [problem.name, problem] as const))(
    "%s: the published values, nearly at rodas5p's cost",
    (_name, problem) => {
      const { f, y0, t1, reference, atol } = problem;
      const rtol = 1e-6;
      const options = { t0: 0, t1, rtol, atol, maxSteps: 1e5, dense: false } as const;
      const found = solve(f, y0, { ...options, method: "auto" });
      expect(found.status.kind).toBe("finished");
      for (const [i, value] of Object.entries(reference))
        expect(Math.abs(found.y.at(-1)![Number(i)]! - value) / (rtol * Math.abs(value) + atol)).toBeLessThan(300);
      const stiff = solve(f, y0, { ...options, method: "rodas5p" });
      expect(cost(found)).toBeLessThan(1.5 * cost(stiff) + 500);
      const { tsit5 = 0, rodas5p = 0 } = found.stats.stepsBy!;
      expect(tsit5 + rodas5p).toBe(found.stats.accepted);
      expect(rodas5p).toBeGreaterThan(tsit5 / 2);
    },
  );

  it("goes back to tsit5 where the stiffness ends, and returns when it comes again", () => {
    // Stiff for t in [10, 20] alone, beside a swing that both must follow.
    const f = (t: number, [x, v, z]: Float64Array) => [v!, -x!, -(t > 10 && t < 20 ? 1e4 : 1) * (z! - x!)];
    const found = solve(f, Float64Array.of(1, 0, 1), {
      t0: 0,
      t1: 40,
      method: "auto",
      rtol: 1e-6,
      atol: 1e-8,
      jumpTimes: [10, 20],
    });
    const { tsit5, rodas5p } = found.stats.stepsBy!;
    expect(rodas5p).toBeGreaterThan(20);
    expect(tsit5).toBeGreaterThan(60);
    expect(found.stats.accepted).toBeLessThan(400);
    expect(found.y.at(-1)![0]).toBeCloseTo(Math.cos(40), 4);
    // What tsit5 alone would take: the decay's steps of 3.5e-4, over ten units of time.
    expect(cost(found)).toBeLessThan(10_000);
  });

  it("gives outputs, events and straight lines from either, takes Jacobians, and is an export of small programs", () => {
    const { f, y0, jacobian } = stiffProblems[0]!;
    const outputs = odeint(f, y0, [0, 0.4, 4, 40], { method: "auto", rtol: 1e-7, atol: 1e-11, jacobian });
    const theirs = odeint(f, y0, [0, 0.4, 4, 40], { method: "radau5", rtol: 1e-9, atol: 1e-13 });
    for (const [i, y] of outputs.entries()) expect(Math.abs(y[0]! - theirs[i]![0]!)).toBeLessThan(1e-6);
    const { status } = solve(f, y0, { t0: 0, t1: 40, method: "auto", rtol: 1e-7, atol: 1e-11, event: (_t, [a]) => a! - 0.8 });
    expect(status.kind).toBe("event");
    const linear = solve(f, y0, { t0: 0, t1: 40, method: "auto", interpolation: "linear" });
    const [a, b] = [linear.t.at(-2)!, linear.t.at(-1)!];
    expect(linear.evaluate((a + b) / 2)[0]).toBeCloseTo((linear.evaluate(a)[0]! + linear.evaluate(b)[0]!) / 2, 12);
    expect(float64.odeint(lotka, Float64Array.of(1, 1), [0, 1], { method: float64.auto })).toEqual(
      odeint(lotka, Float64Array.of(1, 1), [0, 1], { method: "auto" }),
    );
  });

  it("is for numbers", async () => {
    await start("cpu");
    expect(() => odeint((_t, y) => tf.neg(y), tf.scalar(1), [0, 1], { method: "auto" })).toThrow(
      "odeint: auto does not apply to tensors",
    );
  });
});
