import { METHODS, OdeError, odeint, type Statistics, solve } from "@latentflow/ode";
import { describe, expect, it } from "vitest";
import { FIXED_IMPLICIT_METHODS, IMPLICIT_METHODS } from "../src/methods/implicit/index.js";
import { nonautonomous, rational } from "./problems.js";
import { hires, robertson, stiffProblems } from "./stiff-problems.js";

type Name = keyof typeof IMPLICIT_METHODS;
const names = Object.keys(IMPLICIT_METHODS) as Name[];
const adaptive = names.filter((name) => !(name in FIXED_IMPLICIT_METHODS)) as Exclude<
  Name,
  keyof typeof FIXED_IMPLICIT_METHODS
>[];
/** What a method's dense output promises. */
const DENSE: Readonly<Record<Name, number>> = {
  implicit_euler: 1,
  implicit_midpoint: 2,
  trapezoid: 2,
  gl4: 2,
  gl6: 3,
  radauIIA3: 2,
  radauIIA5: 3,
  sdirk2: 2,
  trbdf2: 2,
  kvaerno3: 3,
  kvaerno5: 3,
  radau5: 3,
  rodas5p: 4,
};

describe.each(names)("%s", (method) => {
  const { order } = METHODS[method];
  const slope = (x: readonly number[], y: readonly number[]) => Math.log(y[0]! / y[1]!) / Math.log(x[0]! / x[1]!);

  it(`has order ${order} on a nonlinear, non-autonomous problem`, () => {
    const { f, exact } = rational;
    const steps = ({ 1: [1 / 1000, 1 / 2000], 2: [1 / 200, 1 / 400], 3: [1 / 64, 1 / 128] }[order] ?? [1 / 8, 1 / 16]).map(
      (h) => 1.5 * h,
    );
    const errors = steps.map((stepSize) => Math.abs(odeint(f, exact(0), [0, 1.5], { method, stepSize })[1]! - exact(1.5)));
    expect(slope(steps, errors)).toBeGreaterThan(order - 0.3);
    expect(slope(steps, errors)).toBeLessThan(order + 0.7);
  });

  it(`has dense output of order ${DENSE[method]}: the error inside a step is O(h^${DENSE[method] + 1})`, () => {
    const { f, exact } = nonautonomous;
    const steps = [0.04, 0.02];
    const errors = steps.map((h) => {
      const { evaluate } = bound(solve(f, exact(0.4), { t0: 0.4, t1: 0.4 + h, method, stepSize: h }));
      return Math.max(...[0.15, 0.35, 0.5, 0.65, 0.85].map((x) => Math.abs(evaluate(0.4 + x * h) - exact(0.4 + x * h))));
    });
    expect(slope(steps, errors)).toBeGreaterThan(DENSE[method] + 1 - 0.25);
  });

  it("does not amplify decay, however fast, nor oscillation", () => {
    const grown = (rate: number, frequency: number) => {
      const f = (_t: number, [a, b]: Float64Array) => [rate * a! - frequency * b!, frequency * a! + rate * b!];
      return Math.hypot(...odeint(f, Float64Array.of(1, 0), [0, 1], { method, stepSize: 1 })[1]!);
    };
    for (const size of [0.1, 1, 10, 1e3, 1e6]) {
      expect(grown(-size, 0)).toBeLessThan(1 + 1e-9);
      expect(grown(0, size)).toBeLessThan(1 + 1e-9);
      expect(grown(-size, size)).toBeLessThan(1 + 1e-9);
    }
    const damps = !["implicit_midpoint", "trapezoid", "gl4", "gl6"].includes(method);
    if (damps) expect(grown(-1e6, 0)).toBeLessThan(1e-4);
  });

  it("gives the value of one step that any other implementation gives", () => {
    const golden: Partial<Record<Name, number>> = {
      implicit_euler: 0.3855432894295318,
      implicit_midpoint: 0.3675725423828691,
      trapezoid: 0.3675725423828691,
      radauIIA3: 0.3678744623975981,
      gl4: 0.367879492296226,
      radauIIA5: 0.3678794416739299,
      gl6: 0.3678794411677913,
      radau5: 0.3678794416739299,
      sdirk2: 0.3677292234246771,
      trbdf2: 0.3677292234246771,
    };
    const value = odeint((_t, y) => -y, 1, [0, 1], { method, stepSize: 0.1 })[1]!;
    expect(value).toBeCloseTo(golden[method] ?? Math.exp(-1), golden[method] === undefined ? 4 : 14);
  });
});

describe.each(adaptive)("%s on stiff problems", (method) => {
  // Of order 1 as an error estimate: its steps are short.
  const problems = method === "sdirk2" ? [hires] : stiffProblems;
  it.each(problems.map((problem) => [problem.name, problem] as const))("%s: the published values", (_name, problem) => {
    const { f, y0, t1, reference, atol } = problem;
    const rtol = 1e-6;
    const { y, status, stats } = solve(f, y0, { t0: 0, t1, method, rtol, atol, maxSteps: 1e5, dense: false });
    expect(status.kind).toBe("finished");
    for (const [i, value] of Object.entries(reference))
      expect(Math.abs(y.at(-1)![Number(i)]! - value) / (rtol * Math.abs(value) + atol)).toBeLessThan(
        METHODS[method].order < 5 ? 2e4 : 300,
      );
    expect(stats.jacobians).toBeGreaterThan(0);
    expect(stats.factorizations).toBeGreaterThan(0);
  });
});

describe("the Jacobian", () => {
  const stiff = robertson(40, {}, 1e-10);
  const run = (options: object) => {
    const { f, y0, t1, atol } = stiff;
    return solve(f, y0, { t0: 0, t1, method: "radau5", rtol: 1e-8, atol, ...options });
  };

  it("may be given, as rows or flat: f is then asked for no differences", () => {
    const [ours, rows, flat] = [
      run({}),
      run({ jacobian: stiff.jacobian }),
      run({ jacobian: (t: number, y: Float64Array) => stiff.jacobian(t, y).flat() }),
    ];
    expect(rows.y).toEqual(flat.y);
    expect(rows.stats.nfeJacobian ?? 0).toBe(0);
    expect(ours.stats.nfeJacobian).toBe(3 * ours.stats.jacobians!);
    const [a, b] = [ours.y.at(-1)!, rows.y.at(-1)!];
    for (let i = 0; i < 3; i++) expect(Math.abs(a[i]! - b[i]!) / (1e-8 * b[i]! + 1e-10)).toBeLessThan(20);
  });

  it("of a band costs one evaluation for each of its places, and gives what the whole matrix gives", () => {
    const count = 40;
    const heat = (_t: number, y: Float64Array) =>
      y.map((value, i) => ((y[i - 1] ?? 0) - 2 * value + (y[i + 1] ?? 0)) * count ** 2 - value ** 3);
    const y0 = Float64Array.from({ length: count }, (_, i) => Math.sin((3 * i) / count));
    for (const method of ["kvaerno5", "radau5", "rodas5p", "gl4"] as const) {
      const steps = method === "gl4" ? { stepSize: 0.01 } : { rtol: 1e-6 };
      const [whole, banded] = [undefined, [1, 1] as const].map((jacobianBand) =>
        solve(heat, y0, { t0: 0, t1: 0.1, method, ...steps, ...(jacobianBand && { jacobianBand }) } as never),
      );
      expect(banded!.stats.nfeJacobian).toBeLessThan(whole!.stats.nfeJacobian! / 5);
      const [a, b] = [whole!.y as Float64Array[], banded!.y as Float64Array[]];
      expect(Math.hypot(...a.at(-1)!.map((value, i) => value - b.at(-1)![i]!))).toBeLessThan(1e-7);
      const given = solve(heat, y0, {
        t0: 0,
        t1: 0.1,
        method,
        ...steps,
        jacobianBand: [1, 1],
        jacobian: (_t: number, y: Float64Array) =>
          Array.from(y, (value) => [count ** 2, -2 * count ** 2 - 3 * value ** 2, count ** 2]),
      } as never);
      expect(Math.hypot(...(given.y as Float64Array[]).at(-1)!.map((value, i) => value - b.at(-1)![i]!))).toBeLessThan(1e-7);
    }
  });

  it("is refused where it does not apply, or is not one", () => {
    const decay = (_t: number, y: number) => -y;
    const call = (options: object) => () => odeint(decay, 1, [0, 1], options);
    expect(call({ jacobian: () => [[-1]] })).toThrow("odeint: jacobian does not apply to dopri5, which is explicit");
    expect(call({ method: "radau5", jacobian: 3 })).toThrow("expected jacobian to be a function (t, y) => rows of ∂f/∂y, got 3");
    expect(call({ method: "radau5", jacobianBand: 1 })).toThrow("expected jacobianBand to be [lower, upper], got 1");
    expect(call({ method: "radau5", jacobianBand: [0, 1] })).toThrow(
      "expected jacobianBand below 1, how many numbers y0 holds, got [0, 1]",
    );
    const whole = () => [
      [-1, 0, 0],
      [0, -1, 0],
      [0, 0, -1],
    ];
    const banded = { method: "radau5", jacobianBand: [0, 0], jacobian: whole } as const;
    expect(() => odeint((_t, y) => y.map((value) => -value), Float64Array.of(1, 2, 3), [0, 1], banded)).toThrow(
      "expected jacobian to return 3 rows of the band's 1 numbers one after the other, got 9 numbers",
    );
    expect(call({ method: "radau5", jacobian: () => [1, 2] })).toThrow("expected jacobian to return 1 rows of 1 numbers");
    expect(call({ method: "radau5", jacobian: () => "x" })).toThrow("expected jacobian to return rows of numbers, got");
  });
});

describe("radau5's predictive controller", () => {
  it("shortens steps before they are rejected, and leaves them alone where that saves factors", () => {
    const { f, y0, t1 } = stiffProblems.find(({ name }) => name.startsWith("van der Pol"))!;
    const options = { t0: 0, t1, method: "radau5", rtol: 1e-6, atol: 1e-6, dense: false } as const;
    const [ours, classic] = [solve(f, y0, options), solve(f, y0, { ...options, controller: "I" })];
    expect(ours.stats.rejected).toBeLessThan(classic.stats.rejected / 4);
    expect(ours.stats.nfe).toBeLessThan(0.85 * classic.stats.nfe);
    const kinetics = robertson(40, {}, 1e-10);
    const [kept, all] = [{}, { controller: "I" } as const].map((controller) =>
      solve(kinetics.f, kinetics.y0, { t0: 0, t1: 40, method: "radau5", rtol: 1e-8, atol: 1e-12, ...controller }),
    );
    expect(kept!.stats.factorizations).toBeLessThan(all!.stats.factorizations! / 2);
    expect(kept!.stats.nfe).toBeLessThan(1.15 * all!.stats.nfe);
  });
});

describe("Newton's iterations", () => {
  it("that do not converge shorten the step, and say so where that can't be", () => {
    const decay = (_t: number, y: number) => -1000 * y;
    // With the wrong sign, iterations contract only in short steps.
    const wrong = { jacobian: () => [[1000]] };
    const shortened = solve(decay, 1, { t0: 0, t1: 0.1, method: "kvaerno5", firstStep: 0.01, ...wrong });
    expect(shortened.status.kind).toBe("finished");
    expect(shortened.y[shortened.y.length - 1]).toBeCloseTo(0, 6);
    expect(shortened.stats.newtonFailures).toBeGreaterThan(0);
    for (const options of [
      { method: "kvaerno5", firstStep: 0.01, minStep: 0.01 },
      { method: "gl4", stepSize: 0.05 },
    ] as const) {
      const { status, stats } = solve(decay, 1, { t0: 0, t1: 0.1, ...options, ...wrong });
      expect(status.kind).toBe("notConverged");
      expect(status.message).toContain("Newton's iterations did not converge");
      expect(stats.newtonFailures).toBeGreaterThan(0);
    }
    expect(() => odeint(decay, 1, [0, 1], { method: "implicit_euler", stepSize: 0.5, ...wrong })).toThrow(OdeError);
  });
});

it("solves backward in time, with jumps, events and outputs, on states of any tree", () => {
  for (const method of adaptive) {
    const back = odeint((_t, y) => -y, Math.exp(-1), [1, 0.5, 0], { method, rtol: 1e-6, atol: 1e-8 });
    expect(back[2]).toBeCloseTo(1, method === "sdirk2" || method === "trbdf2" ? 3 : 4);
    const jump = odeint((t, y) => (t < 0.5 ? -y : -1000 * y), 1, [0, 0.5, 1], {
      method,
      jumpTimes: [0.5],
      rtol: 1e-6,
      atol: 1e-9,
    });
    expect(jump[1]).toBeCloseTo(Math.exp(-0.5), 3);
    expect(Math.abs(jump[2]!)).toBeLessThan(1e-6);
    const swing = (_t: number, { angle, speed }: { angle: number; speed: number }) => ({ angle: speed, speed: -angle });
    const { status } = solve(
      swing,
      { angle: 1, speed: 0 },
      { t0: 0, t1: 9, method, rtol: 1e-6, atol: 1e-8, event: (_t, { angle }) => angle },
    );
    expect(status.kind).toBe("event");
    expect(status.t).toBeCloseTo(Math.PI / 2, 3);
  }
});

it("tells what a solve cost, Jacobians apart", () => {
  const costs: Statistics[] = [];
  odeint(hires.f, hires.y0, [0, 1], { method: "kvaerno5", onStatistics: (cost) => costs.push(cost) });
  const { nfe, nfeJacobian, jacobians, factorizations } = costs[0]!;
  expect(nfe).toBeGreaterThan(0);
  expect(nfeJacobian).toBe(9 * jacobians!);
  expect(factorizations).toBeGreaterThan(0);
});

/** `evaluate` of a solution, without it. */
function bound(solution: { evaluate(t: number): number }): { evaluate(t: number): number } {
  return { evaluate: (t) => solution.evaluate(t) };
}
