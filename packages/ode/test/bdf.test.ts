import { METHODS, odeint, solve } from "@latentflow/ode";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { differencePolynomials, formulas, HIGHEST_ORDER, regrid } from "../src/methods/multistep/backward-differences.js";
import { start } from "./backends.js";
import { stiffProblems } from "./stiff-problems.js";

const orders = [1, 2, 3, 4, 5] as const;
/** x^degree at points h apart, the last at 1. */
const power = (degree: number, h: number) => (j: number) => (1 - j * h) ** degree;
/** ∇ʲ of the values at 0, −1, −2, … for j = 0 … k. */
function differencesOf(value: (j: number) => number, k: number): number[] {
  let row = Array.from({ length: k + 1 }, (_, j) => value(j));
  const result = [row[0]!];
  while (row.length > 1) {
    row = row.slice(0, -1).map((one, j) => one - row[j + 1]!);
    result.push(row[0]!);
  }
  return result;
}

describe.each(orders)("the formula of order %i", (order) => {
  const { alpha, psi, error } = formulas()[order]!;

  it("is exact for polynomials of that degree, and its error constant holds for the next", () => {
    const h = 0.3;
    for (let degree = 1; degree <= order + 1; degree++) {
      const differences = differencesOf(power(degree, h), order + 1);
      // ψ is made of the differences at the point before.
      const before = differencesOf((j) => power(degree, h)(j + 1), order);
      const sum = psi.reduce((total, weight, j) => total + weight * before[j + 1]!, 0);
      const d = (h / alpha) * degree - sum;
      const predicted = before.reduce((total, value) => total + value, 0);
      const missed = power(degree, h)(0) - (predicted + d);
      if (degree <= order) expect(missed).toBeCloseTo(0, 13);
      // What y1 misses then is the local error, (κγ + 1/(k + 1))/α of the next difference.
      else expect((alpha * missed) / (error * differences[order + 1]!)).toBeCloseTo(-1, 10);
    }
  });

  it("damps all decay, and all of a wedge about it", () => {
    // The characteristic polynomial of y' = λ y, z = h λ: its roots are at most 1 in size along rays inside the wedge of stability.
    const wedge = [90, 90, 80, 66, 51][order - 1]!;
    for (const angle of [0, wedge - 3])
      for (const size of [0.1, 1, 10, 1e3, 1e8]) {
        const phi = Math.PI * (1 - angle / 180);
        expect(growth(order, [size * Math.cos(phi), size * Math.sin(phi)])).toBeLessThan(1 + 1e-9);
      }
    expect(growth(order, [-1e12, 0])).toBeLessThan(0.9);
  });

  it("keeps its polynomial when the points move apart, and is dense output through the last of them", () => {
    for (const factor of [0.3, 1, 2.5]) {
      const value = (j: number) => 1 + 2 * power(order, 0.2)(j) - power(1, 0.2)(j);
      const old = differencesOf(value, order);
      const expected = differencesOf((j) => value(factor * j), order);
      for (const [j, row] of regrid(order, factor).entries())
        expect(row.reduce((sum, weight, i) => sum + weight * old[i + 1]!, 0)).toBeCloseTo(expected[j + 1]!, 12);
      for (const x of [0, 0.4, 1]) {
        const rows = differencePolynomials(order);
        const inside = rows.reduce(
          (sum, row, j) => sum + old[j + 1]! * row.reduce((total, c, i) => total + c * x ** (i + 1), 0),
          0,
        );
        expect(value(1) + inside).toBeCloseTo(value(1 - x), 12);
      }
    }
  });
});

/** Growth of y′ = λ y a step, z = h λ: a long run of the recursion, of which the largest root is left. */
function growth(order: number, [real, imaginary]: readonly [number, number]): number {
  const { alpha, psi } = formulas()[order]!;
  type Complex = readonly [number, number];
  let values: Complex[] = Array.from({ length: order + 1 }, (_, j) => [Math.cos(j * j + 1), Math.sin(3 * j)]);
  let logarithm = 0;
  const steps = 400;
  for (let step = 0; step < steps; step++) {
    const parts = [0, 1].map((part) => differencesOf((j) => values[j]![part]!, order));
    const [sums, predictions] = [
      parts.map((differences) => psi.reduce((sum, weight, j) => sum + weight * differences[j + 1]!, 0)),
      parts.map((differences) => differences.reduce((sum, value) => sum + value, 0)),
    ];
    // (1 − z/α) d = (z/α) ŷ − ψ.
    const [u, v] = [real / alpha, imaginary / alpha];
    const right: Complex = [
      u * predictions[0]! - v * predictions[1]! - sums[0]!,
      u * predictions[1]! + v * predictions[0]! - sums[1]!,
    ];
    const [p, q] = [1 - u, -v];
    const scale = p * p + q * q;
    const d: Complex = [(right[0] * p + right[1] * q) / scale, (right[1] * p - right[0] * q) / scale];
    values = [[predictions[0]! + d[0], predictions[1]! + d[1]] as Complex, ...values].slice(0, order + 1);
    const size = Math.max(...values.map(([a, b]) => Math.hypot(a, b)), 1e-300);
    if (step >= steps / 2) logarithm += Math.log(size);
    values = values.map(([a, b]) => [a / size, b / size]);
  }
  return Math.exp(logarithm / (steps / 2));
}

describe("bdf", () => {
  const f = (t: number, y: number) => -y * y * Math.cos(t);
  const exact = (t: number) => 1 / (1 + Math.sin(t));

  it("follows its tolerances with steps as of order 5, and between its steps, too", () => {
    const runs = [1e-5, 1e-7, 1e-9].map((rtol) => {
      const solution = solve(f, 1, { t0: 0, t1: 3, method: "bdf", rtol, atol: rtol });
      const times = Array.from({ length: 301 }, (_, i) => i / 100);
      const inside = Math.max(...times.map((t) => Math.abs(solution.evaluate(t) - exact(t))));
      expect(inside / rtol).toBeLessThan(300);
      return solution.stats.accepted;
    });
    // 10^(4/6) is what order 5 allows for four digits.
    expect(runs[2]! / runs[0]!).toBeLessThan(6);
  });

  it.each(stiffProblems.map((problem) => [problem.name, problem] as const))("%s: the published values", (_name, problem) => {
    const { f, y0, t1, reference, atol } = problem;
    const rtol = 1e-6;
    const { y, status, stats } = solve(f, y0, { t0: 0, t1, method: "bdf", rtol, atol, maxSteps: 1e5, dense: false });
    expect(status.kind).toBe("finished");
    for (const [i, value] of Object.entries(reference))
      expect(Math.abs(y.at(-1)![Number(i)]! - value) / (rtol * Math.abs(value) + atol)).toBeLessThan(100);
    // A few evaluations a step, and a Jacobian that lasts.
    expect(stats.nfe).toBeLessThan(4 * stats.accepted);
    expect(stats.jacobians).toBeLessThan(stats.accepted / 8);
  });

  it("takes fewer evaluations than SciPy's BDF on HIRES, which takes 648 at rtol 1e-5", () => {
    const { f, y0, t1 } = stiffProblems.find(({ name }) => name === "HIRES")!;
    const { stats } = solve(f, y0, { t0: 0, t1, method: "bdf", rtol: 1e-5, atol: 1e-9, dense: false });
    expect(stats.nfe).toBeLessThan(648);
  });

  it("goes backward, over jumps, to events and outputs, in given steps, on a band and with a Jacobian given", () => {
    const back = odeint((_t, y) => -y, Math.exp(-1), [1, 0.5, 0], { method: "bdf", rtol: 1e-6, atol: 1e-8 });
    expect(back[2]).toBeCloseTo(1, 4);
    const jump = odeint((t, y) => (t < 0.5 ? -y : -1000 * y), 1, [0, 0.5, 1], {
      method: "bdf",
      jumpTimes: [0.5],
      rtol: 1e-6,
      atol: 1e-9,
    });
    expect(jump[1]).toBeCloseTo(Math.exp(-0.5), 4);
    expect(Math.abs(jump[2]!)).toBeLessThan(1e-6);
    const swing = (_t: number, [x, v]: Float64Array) => [v!, -x!];
    const { status } = solve(swing, Float64Array.of(1, 0), {
      t0: 0,
      t1: 9,
      method: "bdf",
      rtol: 1e-7,
      atol: 1e-8,
      event: (_t, [x]) => x!,
    });
    expect(status.t).toBeCloseTo(Math.PI / 2, 4);
    const given = { method: "bdf", jacobian: (t: number, y: number) => [-2 * y * Math.cos(t)], jacobianBand: [0, 0] } as const;
    expect(odeint(f, 1, [0, 3], { ...given, rtol: 1e-7, atol: 1e-7 })[1]).toBeCloseTo(exact(3), 4);
    expect(odeint(f, 1, [0, 3], { ...given, stepSize: 0.003 })[1]).toBeCloseTo(exact(3), 3);
    const straight = solve(f, 1, { t0: 0, t1: 3, method: "bdf", interpolation: "linear" });
    const [a, b] = [straight.t[4]!, straight.t[5]!];
    expect(straight.evaluate((a + b) / 2)).toBeCloseTo((straight.evaluate(a) + straight.evaluate(b)) / 2, 12);
  });

  it("shortens steps where iterations do not converge, and gives up where that does not help", () => {
    const decay = (_t: number, y: number) => -1000 * y;
    const wrong = { jacobian: () => [[1000]] };
    const shortened = solve(decay, 1, { t0: 0, t1: 0.1, method: "bdf", firstStep: 0.01, ...wrong });
    expect(shortened.status.kind).toBe("finished");
    expect(shortened.stats.newtonFailures).toBeGreaterThan(0);
    expect(solve(decay, 1, { t0: 0, t1: 0.1, method: "bdf", firstStep: 0.01, minStep: 0.01, ...wrong }).status.kind).toBe(
      "notConverged",
    );
  });

  it("is for numbers, and chooses its steps itself", async () => {
    await start("cpu");
    expect(() => odeint((_t, y) => tf.neg(y), tf.scalar(1), [0, 1], { method: "bdf" })).toThrow(
      "odeint: bdf does not apply to tensors",
    );
    expect(() => odeint(f, 1, [0, 1], { method: "bdf", controller: "PI" })).toThrow("odeint: controller does not apply to bdf");
    expect(METHODS.bdf.order).toBe(HIGHEST_ORDER);
  });
});
