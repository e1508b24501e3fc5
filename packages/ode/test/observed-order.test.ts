import { odeint } from "@latentflow/ode";
import { describe, expect, it } from "vitest";
import { EXPLICIT_METHODS, methods } from "./methods.js";
import { nonautonomous, rational, riccati } from "./problems.js";

/** Slope of log error against log step by least squares. */
function slope(steps: readonly number[], errors: readonly number[]): number {
  const x = steps.map(Math.log);
  const y = errors.map(Math.log);
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  const covariance = x.reduce((sum, value, i) => sum + (value - mx) * (y[i]! - my), 0);
  return covariance / x.reduce((sum, value) => sum + (value - mx) ** 2, 0);
}

/** Problem, end and numbers of steps at which errors are asymptotic and above rounding. */
const globalSteps: Record<number, readonly [typeof rational, number, readonly number[]]> = {
  1: [rational, 1.5, [2000, 4000, 8000]],
  2: [rational, 1.5, [400, 800, 1600]],
  3: [rational, 1.5, [100, 200, 400]],
  4: [rational, 1.5, [64, 96, 128]],
  5: [rational, 1.5, [64, 96, 128]],
  8: [nonautonomous, 3, [20, 28, 40]],
};
/**
 * verner8's residuals in the conditions of order 9 (at most 4.2e-7, test/tableaus.test.ts) are so far below those of order 10 that in float64
 * rounding hides h⁸ before it outgrows h⁹ and h¹⁰: the slope seen is between 8 and 9.
 */
const verner8Steps = [riccati, 6, [28, 32, 40, 48]] as const;
/** Problem, where to start one step from exact values, and its lengths. */
const localSteps: Record<number, readonly [typeof rational, number, readonly number[]]> = {
  1: [nonautonomous, 0.4, [0.01, 0.005, 0.0025]],
  2: [nonautonomous, 0.4, [0.04, 0.02, 0.01]],
  3: [nonautonomous, 1, [0.05, 0.02, 0.01]],
  4: [nonautonomous, 0.4, [0.1, 0.05, 0.02]],
  5: [nonautonomous, 2.5, [0.15, 0.1, 0.07]],
};

describe.each(methods)("%s on nonlinear, non-autonomous problems", (method) => {
  const { order, dense } = EXPLICIT_METHODS[method];

  it(`has order ${order}`, () => {
    const [problem, end, counts] = method === "verner8" ? verner8Steps : globalSteps[order]!;
    const steps = counts.map((count) => end / count);
    const times = [0, end / 4, end / 2, (3 * end) / 4, end];
    const errors = steps.map((stepSize) => {
      const y = odeint(problem.f, problem.exact(0), times, { method, stepSize });
      return Math.hypot(...times.map((t, i) => y[i]! - problem.exact(t)));
    });
    const observed = slope(steps, errors);
    expect(observed).toBeGreaterThan(order - 0.15);
    expect(observed).toBeLessThan(method === "verner8" ? order + 1 : order + 0.15);
  });

  it(`has dense output of order ${dense.order}: the error inside a step is O(h^${dense.order + 1})`, () => {
    const [problem, start, steps] = method === "verner8" ? ([rational, 1, [0.1, 0.07, 0.05]] as const) : localSteps[dense.order]!;
    const { f, exact } = problem;
    const errors = steps.map((h) => {
      const x = [0.15, 0.35, 0.5, 0.65, 0.85];
      const times = [start, ...x.map((share) => start + share * h), start + h];
      const y = odeint(f, exact(start), times, { method, stepSize: h });
      return Math.hypot(...x.map((_, i) => y[i + 1]! - exact(times[i + 1]!)));
    });
    expect(Math.abs(slope(steps, errors) - (dense.order + 1))).toBeLessThan(0.15);
  });
});
