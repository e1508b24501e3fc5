import { OdeError, odeint, solve } from "@latentflow/ode";
import { describe, expect, it } from "vitest";
import { constant, EXPLICIT_METHODS, methods } from "./methods.js";
import { fall } from "./problems.js";

function catchError(run: () => unknown): OdeError {
  try {
    run();
  } catch (error) {
    if (error instanceof OdeError) return error;
  }
  throw new Error("expected an OdeError");
}

describe("status names the cause", () => {
  it("finished", () => {
    const { status, stats, t } = solve(fall, 1, { t0: 0, t1: 1 });
    expect(status).toMatchObject({ kind: "finished", t: 1 });
    expect(t.length).toBe(stats.accepted + 1);
  });
  it("maxSteps, for the whole solve", () => {
    const { status, stats } = solve(fall, 1, { t0: 0, t1: 100, maxSteps: 7 });
    expect(status.kind).toBe("maxSteps");
    expect(stats.accepted + stats.rejected).toBe(7);
    expect(status.message).toContain("raise maxSteps");
    expect(() => odeint(fall, 1, [0, 50, 100], { maxSteps: 7 })).toThrow(OdeError);
  });
  it("step underflow at a singularity: y′ = y² from 1 blows up at t = 1", () => {
    const { status } = solve((_t, y) => y * y, 1, { t0: 0, t1: 2 });
    expect(status.kind).toBe("stepUnderflow");
    expect(status.t).toBeCloseTo(1, 6);
  });
  it("NaN in f", () => {
    const { status } = solve((t, y) => (t > 0.5 ? Number.NaN : -y), 1, { t0: 0, t1: 1 });
    expect(status.kind).toBe("notFinite");
    expect(status.t).toBeCloseTo(0.5, 6);
    expect(solve(() => Number.NaN, 1, { t0: 0, t1: 1 }).status).toMatchObject({ kind: "notFinite", t: 0 });
    expect(solve(() => Number.NaN, 1, { t0: 0, t1: 1, method: "rk4", stepSize: 0.1 }).status.kind).toBe("notFinite");
    const error = catchError(() => odeint((t, y) => (t > 0.5 ? Number.NaN : -y), 1, [0, 1]));
    expect(error.status?.kind).toBe("notFinite");
  });
  it("step underflow where times can't resolve the steps that the tolerances ask for", () => {
    expect(solve(fall, 1, { t0: 1e15, t1: 1e15 + 1 }).status.kind).toBe("stepUnderflow");
    expect(solve(fall, 1, { t0: 1e15, t1: 1e15 + 1, rtol: 0.1, atol: 0.1 }).status.kind).toBe("finished");
  });
  it.each(methods)("%s: f may return one array each time, or y itself", (method) => {
    const kept = new Float64Array(2);
    const rotate = (_t: number, y: Float64Array) => {
      kept[0] = y[1]!;
      kept[1] = -y[0]!;
      return kept;
    };
    const fresh = (_t: number, y: Float64Array) => [y[1]!, -y[0]!];
    const run = (f: typeof rotate | typeof fresh) => odeint(f, Float64Array.of(1, 0), [0, 0.25, 1], constant(method));
    expect(run(rotate)).toEqual(run(fresh));
    const same = odeint((_t, y) => y, Float64Array.of(1, 2), [0, 0.25, 1], constant(method));
    const copy = odeint((_t, y) => y.slice(), Float64Array.of(1, 2), [0, 0.25, 1], constant(method));
    expect(same).toEqual(copy);
  });
  it("minStep", () => {
    expect(solve((_t, y) => y * y, 1, { t0: 0, t1: 2, minStep: 1e-3 }).status.kind).toBe("stepUnderflow");
  });
});

describe("f is never called outside [t0, t1]", () => {
  it.each(methods)("%s", (method) => {
    for (const [t0, t1] of [
      [0, 1],
      [1, 0],
      [-3, 2],
    ] as const) {
      const seen: number[] = [];
      const f = (t: number, y: number) => {
        seen.push(t);
        return Math.cos(t) - y;
      };
      const options =
        method in EXPLICIT_METHODS && EXPLICIT_METHODS[method].errorWeights !== undefined
          ? { method: method as "dopri5", rtol: 1e-4, atol: 1e-6 }
          : constant(method);
      const y = odeint(f, 1, [t0, 0.3 * t0 + 0.7 * t1, t1], options);
      expect(Math.min(...seen)).toBeGreaterThanOrEqual(Math.min(t0, t1));
      expect(Math.max(...seen)).toBeLessThanOrEqual(Math.max(t0, t1));
      expect(Number.isFinite(y[2])).toBe(true);
    }
  });
});
