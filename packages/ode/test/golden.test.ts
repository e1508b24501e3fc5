import { odeint, odeintEvent, solve } from "@latentflow/ode";
import { describe, expect, it } from "vitest";
import { Float64Space } from "../src/state/float64-space.js";
import { StepController } from "../src/stepping/controller.js";
import { drive } from "../src/stepping/drive.js";
import { selectFirstStep } from "../src/stepping/first-step.js";
import { EXPLICIT_METHODS, type ExplicitMethodName, methods } from "./methods.js";
import { arenstorf, cubicSpiral, decay, harmonic, lorenz, lotkaVolterra, type NumberProblem, vanDerPol } from "./problems.js";

const compatible = { endpoint: "overshoot" } as const;

describe("y′ = −y, ten steps of 0.1", () => {
  const expected: Partial<Record<ExplicitMethodName, number>> = {
    euler: 0.3486784401,
    midpoint: 0.3685409848335518,
    heun2: 0.3685409848335518,
    heun3: 0.3678628343472326,
    bosh3: 0.3678628343472326,
    rk4: 0.3678797744124984,
    dopri5: 0.3678794423804738,
    // By exact fractions.
    fehlberg2: 0.3685370235551074,
    ssprk33: 0.3678628343472326,
  };
  it.each(Object.entries(expected))("%s", (method, value) => {
    const y = odeint((_t, y) => -y, 1, [0, 1], { method: method as ExplicitMethodName, stepSize: 0.1 });
    expect(y[1]).toBeCloseTo(value, 15);
  });
});

describe("y′ = y², one step of 0.1 (exact: 10/9)", () => {
  const expected: Partial<Record<ExplicitMethodName, number>> = {
    rk4: 1.1111105601750018,
    rk4_classic: 1.1111104900521944,
    midpoint: 1.11025,
    heun2: 1.1105,
    heun3: 1.1110578275720164,
    bosh3: 1.1110705432291668,
    dopri5: 1.1111111065809802,
    tsit5: 1.111111107197018,
    dopri8: 1.11111111111088,
    fehlberg2: 1.1102553840151104,
    ssprk33: 1.1110701708333333,
  };
  it.each(Object.entries(expected))("%s", (method, value) => {
    const y = odeint((_t, y) => y * y, 1, [0, 0.1], { method: method as ExplicitMethodName, stepSize: 0.1 });
    expect(Math.abs(y[1]! - value)).toBeLessThan(method === "dopri8" ? 5e-15 : 2e-15);
  });

  it("dopri5's error estimate is Shampine's", () => {
    const stages: number[] = [];
    odeint(
      (_t, y) => {
        stages.push(y * y);
        return y * y;
      },
      1,
      [0, 0.1],
      { method: "dopri5", stepSize: 0.1 },
    );
    const error = EXPLICIT_METHODS.dopri5.errorWeights!.reduce((sum, weight, i) => sum + 0.1 * weight * stages[i]!, 0);
    expect(error).toBeCloseTo(-7.753868297e-8, 16);

    // The pair's own estimate, from the embedded weights of Dormand & Prince (1980), is 3/2 of it.
    const embedded = [5179 / 57600, 0, 7571 / 16695, 393 / 640, -92097 / 339200, 187 / 2100, 1 / 40];
    const classic = embedded.reduce((sum, b, i) => sum + 0.1 * (EXPLICIT_METHODS.dopri5.weights[i]! - b) * stages[i]!, 0);
    expect(classic).toBeCloseTo(-1.1630802446e-7, 16);
    expect(classic / error).toBeCloseTo(3 / 2, 6);
  });

  it.each([
    ["dopri5", [1.025641183574841, 1.0526316504934037, 1.0810809953695688]],
    ["tsit5", [1.025641156186027, 1.052631601933372, 1.0810809683914466]],
    ["bosh3", [1.0256306579169094, 1.052604299714189, 1.0810434274616656]],
  ] as const)("dense output of %s", (method, values) => {
    const y = odeint((_t, y) => y * y, 1, [0, 0.025, 0.05, 0.075, 0.1], { method, stepSize: 0.1 });
    for (const [i, value] of values.entries()) expect(Math.abs(y[i + 1]! - value)).toBeLessThan(2e-15);
  });
});

describe("controller", () => {
  const firstStep = (
    f: (t: number, y: unknown) => unknown,
    y0: number | Float64Array,
    rtol: number,
    atol: number,
    order: number,
  ) => {
    const space = new Float64Space("test", { kind: "leaf" }, [y0]);
    const start = space.pack([y0]);
    const dynamics = space.dynamics(f);
    const f0 = dynamics(0, start);
    const at = { t0: 0, y0: start, f0, direction: 1 as const, maxProbe: Number.POSITIVE_INFINITY };
    const known = { caller: "test", space, f: dynamics, ...at };
    return drive(space, selectFirstStep({ ...known, tolerances: { rtol, atol }, order }));
  };
  const vdp = (t: number, y: unknown) => vanDerPol.f(t, y as Float64Array);
  const fall = (_t: number, y: unknown) => -(y as number);
  it.each([
    ["decay, dopri5, 1e-3 and 1e-6", fall, 1, 1e-3, 1e-6, 5, 0.10001999200479661],
    ["decay, dopri5, 1e-7 and 1e-9", fall, 1, 1e-7, 1e-9, 5, 0.015880503752468595],
    ["Van der Pol, 1e-6", vdp, Float64Array.of(2, 0), 1e-6, 1e-6, 5, 0.018790566183501667],
    ["decay, bosh3, 1e-6", fall, 1, 1e-6, 1e-6, 3, 0.002714417616594907],
    ["decay, dopri8, 1e-6", fall, 1, 1e-6, 1e-6, 8, 0.10905077326652575],
    ["f = 0", () => 0, 1, 1e-6, 1e-6, 5, 1e-6],
  ] as const)("first step: %s", (_name, f, y0, rtol, atol, order, expected) => {
    const h = firstStep(f, y0, rtol, atol, order);
    expect(Math.abs(h - expected)).toBeLessThanOrEqual(4 * 2 ** (Math.floor(Math.log2(expected)) - 52));
  });

  it.each([
    [0, 10],
    [0.01, 2.260697788358622],
    [0.5, 1.0338285194973316],
    [1, 0.9],
    [1.5, 0.829897120333555],
    [10, 0.567861610032174],
    [1e6, 0.2],
    [Number.NaN, 0.2],
  ])("factor for ratio %f", (ratio, expected) => {
    expect(new StepController({}, 5).factor(ratio)).toBeCloseTo(expected, 15);
  });
});

describe("end states (tsit5, dopri5, dopri8, verner8 at 1e-11)", () => {
  const ends: [NumberProblem, readonly number[], number][] = [
    [harmonic, [1, 0], 1e-9],
    [lotkaVolterra, [1.026344767575, 0.909691078136], 1e-9],
    [vanDerPol, [2.008149762175, -0.042508875273], 1e-8],
    [lorenz, [-6.97457047, -7.02106089, 25.11961649], 2e-7],
    [cubicSpiral, [-0.443623486699, 0.279440641619], 1e-9],
    [arenstorf, arenstorf.y0, 1e-4],
  ];
  for (const method of ["dopri5", "tsit5", "dopri8", "verner8"] as const) {
    it.each(ends)(`${method}: $name`, ({ f, y0, t1 }, end, tolerance) => {
      const y = odeint(f, Float64Array.from(y0), [0, t1], { method, rtol: 1e-11, atol: 1e-12 })[1]!;
      for (const [i, value] of end.entries()) expect(Math.abs(y[i]! - value)).toBeLessThan(tolerance);
    });
  }
});

describe("evaluations of f by dopri5, overshooting as torchdiffeq does", () => {
  const table: [NumberProblem, readonly number[]][] = [
    [decay, [14, 32, 50, 134]],
    [harmonic, [62, 134, 338, 794]],
    [lotkaVolterra, [212, 566, 914, 2924]],
    [vanDerPol, [440, 1118, 1958, 5102]],
    [lorenz, [344, 998, 1574, 5450]],
    [cubicSpiral, [440, 1184, 2450, 6410]],
  ];
  it.each(table)("$name", ({ f, y0, t1 }, counts) => {
    const tolerances = [
      [1e-3, 1e-6],
      [1e-6, 1e-6],
      [1e-7, 1e-9],
      [1e-10, 1e-10],
    ] as const;
    const nfe = tolerances.map(
      ([rtol, atol]) => solve(f, Float64Array.from(y0), { t0: 0, t1, rtol, atol, ...compatible, dense: false }).stats.nfe,
    );
    expect(nfe).toEqual(counts);
  });
});

describe("times", () => {
  it("y′ = −y backward from 1 to 0 ends at e", () => {
    expect(odeint((_t, y) => -y, 1, [1, 0], { rtol: 1e-10, atol: 1e-12 })[1]).toBeCloseTo(Math.E, 9);
  });

  it("a last step that would pass the end is shortened: Euler, 0.3 on [0, 1]", () => {
    const solution = solve((_t, y) => -y, 1, { t0: 0, t1: 1, method: "euler", stepSize: 0.3 });
    expect([...solution.t]).toEqual([0, 0.3, 0.6, expect.closeTo(0.9, 15), 1]);
    expect(solution.y[4]).toBeCloseTo(0.7 ** 3 * 0.9, 15);
  });

  it("between steps of rk4: straight line or cubic", () => {
    const at = (interpolation: "linear" | "dense") =>
      odeint((_t, y) => -y, 1, [0, 0.25, 0.5], { method: "rk4", stepSize: 0.5, interpolation })[1];
    expect(at("linear")).toBeCloseTo(0.8033854166666666, 15);
    expect(at("dense")).toBeCloseTo(0.77880859375, 15);
  });

  it("y′ = i y to π ends at −1", () => {
    const turn = (_t: number, { re, im }: { re: number; im: number }) => ({ re: -im, im: re });
    const y = odeint(turn, { re: 1, im: 0 }, [0, Math.PI], { rtol: 1e-11, atol: 1e-12 });
    expect(y.re[1]).toBeCloseTo(-1, 9);
    expect(y.im[1]).toBeCloseTo(0, 9);
  });

  it("jumpTimes: Enright–Pryce F2 switches at every integer", () => {
    const f = (t: number, y: number) => (Math.floor(t) % 2 === 0 ? 55 - 1.5 * y : 55 - 0.5 * y);
    const jumpTimes = Array.from({ length: 19 }, (_, i) => i + 1);
    for (const method of ["dopri5", "tsit5", "bosh3", "dopri8", "verner8"] as const) {
      const y = odeint(f, 110, [0, 20], { method, jumpTimes, rtol: 1e-10, atol: 1e-10 });
      expect(Math.abs(y[1]! - 70.03731057008606)).toBeLessThan(method === "bosh3" ? 1e-5 : 1e-7);
    }
  });

  it("jumpTimes: Enright–Pryce F4 ends at e⁻²⁰/21", () => {
    const f = (t: number, y: number) => (t <= 10 ? -2 / 21 - (120 * (t - 5)) / (1 + 4 * (t - 5) ** 2) ** 16 : -2 * y);
    const y = odeint(f, 1, [0, 20], { jumpTimes: [10], rtol: 1e-11, atol: 1e-14, maxStep: 0.5 });
    expect(Math.abs(y[1]! - Math.exp(-20) / 21)).toBeLessThan(1e-12);
  });
});

describe("events in float64", () => {
  const fall = (_t: number, [, v]: readonly [number, number]): readonly [number, number] => [v, -9.81];
  it.each(methods)("a ball dropped from 10 m, %s", (method) => {
    const stepSize = {
      euler: 1e-4,
      midpoint: 0.1,
      heun2: 0.1,
      ralston2: 0.1,
      heun3: 0.1,
      rk4: 0.1,
      rk4_classic: 0.1,
      ssprk33: 0.1,
    }[method as "euler"];
    const event = (_t: number, [h]: readonly [number, number]) => h;
    const options = stepSize === undefined ? { method: method as "dopri5" } : { method, stepSize };
    const { t, y, occurred } = odeintEvent(fall, [10, 0], 0, { event, maxTime: 10, ...options });
    expect(occurred).toBe(true);
    expect(Math.abs(t - 1.4278431229270645)).toBeLessThan(method === "euler" ? 1e-4 : 1e-12);
    expect(Math.abs(y[1] + 9.81 * 1.4278431229270645)).toBeLessThan(method === "euler" ? 1e-3 : 1e-11);
  });

  it("a sign that changes twice within a step is seen by eventChecks, unseen without", () => {
    // The first step of 2 spans both zeros of cos 0.7 − cos(t − 1) at 0.3 and 1.7.
    const event = (t: number) => Math.cos(0.7) - Math.cos(t - 1);
    const search = (eventChecks?: number) => {
      const steps = { firstStep: 2, rtol: 1e-3, atol: 1e-3, ...(eventChecks === undefined ? {} : { eventChecks }) };
      return odeintEvent((_t, y) => -0.01 * y, 1, 0, { event, maxTime: 2, ...steps });
    };
    expect(search()).toMatchObject({ occurred: false, t: 2 });
    const { occurred, t } = search(4);
    expect(occurred).toBe(true);
    expect(t).toBeCloseTo(0.3, 12);
    expect(() => search(0)).toThrow("eventChecks");
  });

  it("an event function that is NaN for a while fires at the change of sign after it, not before", () => {
    const event = (t: number) => (t < 0.5 ? Number.NaN : t - 0.75);
    const { t } = odeintEvent((_t, y) => -y, 1, 0, { event, maxTime: 2, maxStep: 0.1 });
    expect(t).toBeCloseTo(0.75, 12);
  });

  it("of two conditions the first one: v = −5 before the ground", () => {
    const { t } = odeintEvent(fall, [10, 0], 0, { event: (_t, [h, v]) => Math.min(h, v + 5), maxTime: 10 });
    expect(t).toBeCloseTo(0.509683995922528, 12);
  });
});
