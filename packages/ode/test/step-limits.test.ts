import { AbortError } from "@latentflow/core";
import { odeint, odeintEvent, solve } from "@latentflow/ode";
import { describe, expect, it } from "vitest";

const fall = (_t: number, y: number) => -y;

describe("steps that t can't hold", () => {
  it("minStep above maxStep is refused", () => {
    const span = { t0: 0, t1: 1, minStep: 0.5, maxStep: 0.1 };
    expect(() => solve(fall, 1, span)).toThrow("solve: expected minStep ≤ maxStep, got 0.5 and 0.1");
    expect(solve(fall, 1, { ...span, minStep: 0.1 }).status.kind).toBe("finished");
  });

  it("maxStep or stepSize below the resolution of t is stepUnderflow, before any step", () => {
    const f = (t: number) => Math.cos(t);
    for (const limit of [{ maxStep: 1e-9 }, { stepSize: 1e-9 }]) {
      const { status, stats } = solve(f, 1, { t0: 1e9, t1: 1e9 + 1, ...limit } as { t0: number; t1: number; maxStep: number });
      expect(status).toMatchObject({ kind: "stepUnderflow", t: 1e9, step: 1e-9 });
      expect(stats.accepted).toBe(0);
    }
    // From 0 the steps go well, until t has grown too large for them.
    const { status } = solve(f, 1, { t0: 2 ** 53 - 4, t1: 2 ** 54, stepSize: 1 });
    expect(status).toMatchObject({ kind: "stepUnderflow", t: 2 ** 53 });
  });
});

describe("steps of constant length", () => {
  it("are made as they are taken: a billion of them take no memory", () => {
    const times: number[] = [];
    const f = (t: number, y: number) => {
      times.push(t);
      return -y;
    };
    expect(() => odeint(f, 1, [0, 1], { method: "euler", stepSize: 1e-9, maxSteps: 3 })).toThrow("reached maxSteps");
    expect(times.slice(0, 3)).toEqual([0, 1e-9, 2e-9]);
    const controller = new AbortController();
    const stopAtFourth = (t: number, y: number) => {
      if (t > 2.5e-9) controller.abort();
      return -y;
    };
    const search = { event: (_t: number, y: number) => y - 0.5, maxTime: 1, stepSize: 1e-9, method: "euler" } as const;
    expect(() => odeintEvent(stopAtFourth, 1, 0, { ...search, signal: controller.signal })).toThrow(AbortError);
    expect(() => solve(fall, 1, { t0: 0, t1: 1e300, stepSize: 1e-300, maxSteps: 5 }).status).not.toThrow();
  });

  it.each([
    [0, 1],
    [1, 0],
  ])("are those of the grid t0 ± i h, anew at each stop: from %f to %f", (t0, t1) => {
    const sign = Math.sign(t1 - t0);
    const nodes = [0, 0.15, 0.3, 0.35, 0.5, 0.65, 0.7, 0.85, 1].map((t) => (sign > 0 ? t : 1 - t));
    const stops = { stepTimes: [nodes[6]!], jumpTimes: [nodes[3]!] };
    const solution = solve(fall, 1, { t0, t1, method: "rk4", stepSize: 0.15, ...stops });
    expect(solution.t.length).toBe(nodes.length);
    for (const [i, t] of nodes.entries()) expect(solution.t[i]).toBeCloseTo(t, 14);
  });

  it("that grow to NaN do not claim that shorter ones were tried", () => {
    const { status } = solve((t, y) => (t > 0.5 ? Number.NaN : -y), 1, { t0: 0, t1: 1, method: "rk4", stepSize: 0.25 });
    expect(status.kind).toBe("notFinite");
    expect(status.message).toContain("or take shorter steps");
    expect(status.message).not.toContain("however small");
  });
});

it("looks at an event are limited", () => {
  const event = (_t: number, y: number) => y - 0.5;
  expect(() => odeintEvent(fall, 1, 0, { event, maxTime: 1, eventChecks: 1e15 })).toThrow(
    "eventChecks to be an integer ≥ 1 and ≤ 1000000",
  );
});

it("jumpTimes saves attempts in both directions of time", () => {
  for (const [t0, t1] of [
    [0, 12],
    [12, 0],
  ] as const) {
    const attempts = (jumpTimes: number[]) => {
      let sum = 0;
      for (const jump of [5, 5.7, 6.4, 7.1]) {
        const f = (t: number, [x, v]: readonly [number, number]) => [v, -x + (t < jump ? 0.5 : -0.5)] as const;
        const { stats } = solve(f, [1.5, 0], { t0, t1, rtol: 1e-6, jumpTimes: jumpTimes.map((t) => t + jump) });
        sum += stats.accepted + stats.rejected;
      }
      return sum;
    };
    expect(attempts([0])).toBeLessThan(0.9 * attempts([]));
  }
});
