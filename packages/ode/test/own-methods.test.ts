import {
  explicitMethod,
  type Method,
  odeint,
  odeintEvent,
  type Reading,
  type StateSpace,
  type Stepper,
  type StepTrial,
  solve,
  solveAsync,
} from "@latentflow/ode";
import * as float64 from "@latentflow/ode/float64";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { backends, leaked, start, values } from "./backends.js";

const ONE = Float64Array.of(1);
const DIFFERENCE = Float64Array.of(1, -1);
const straight = { order: 1, polynomials: [[1]], usesEndSlope: false };

/** Backward Euler by fixed-point iteration: a step that asks whether it converged. */
class BackwardEulerStepper<V> implements Stepper<V> {
  readonly dense = straight;
  #slope: V | undefined;

  constructor(
    readonly space: StateSpace<V>,
    readonly f: (t: number, y: V) => V,
  ) {}

  *attempt({ span, endTime, y0, f0, tolerances }: StepTrial<V>): Generator<Reading, { y1: V; ratio: Reading }, number> {
    const { space, f } = this;
    let slope = space.scope(() => space.clone(f0));
    for (let change = 1; change > 1e-6; ) {
      const next = space.scope(() => f(endTime, space.combine(y0, span, ONE, [slope])));
      change = yield space.scope(() => space.norm(span.h, DIFFERENCE, [next, slope], y0, y0, { rtol: 1, atol: 1 }));
      space.recycle(slope);
      slope = next;
      if (!(change < 1e6)) break;
    }
    this.#slope = slope;
    const y1 = space.scope(() => space.combine(y0, span, ONE, [slope]));
    const halfChange = () => space.norm(span.h / 2, DIFFERENCE, [slope, f0], y0, y1, tolerances!);
    return { y1, ratio: tolerances === undefined ? 0 : space.scope(halfChange) };
  }

  slopes(): V[] {
    return [this.#slope!];
  }

  endSlope(): V {
    return this.#slope!;
  }

  release(kept?: V): void {
    if (this.#slope !== kept) this.space.recycle(this.#slope!);
  }
}

/** Adams–Bashforth of two steps with steps of any length: it remembers the slope before. */
class AdamsBashforthStepper<V> implements Stepper<V> {
  readonly dense = straight;
  #before: { slope: V; h: number } | undefined;
  #now: { slope: V; h: number } | undefined;
  #mean: V | undefined;

  constructor(
    readonly space: StateSpace<V>,
    readonly f: (t: number, y: V) => V,
    readonly told: string[],
  ) {}

  attempt({ span, y0, f0, after }: StepTrial<V>) {
    const { space } = this;
    this.told.push(after);
    const { h } = span;
    if (after !== "rejection") this.#before = after === "step" ? this.#now : undefined;
    const { weights, terms } = this.#combination(h, f0);
    const { mean, y1, slope } = space.scope(() => {
      const mean = space.combine(undefined, undefined, weights, terms);
      return { mean, y1: space.combine(y0, span, ONE, [mean]), slope: space.clone(f0) };
    });
    this.#now = { slope, h };
    this.#mean = mean;
    return { y1, ratio: 0 };
  }

  #combination(h: number, f0: V) {
    if (this.#before === undefined) return { weights: ONE, terms: [f0] };
    const half = h / this.#before.h / 2;
    return { weights: Float64Array.of(1 + half, -half), terms: [f0, this.#before.slope] };
  }

  slopes(): V[] {
    return [this.#mean!];
  }

  endSlope(): undefined {}

  release(): void {
    this.space.recycle(this.#mean!);
  }
}

const backwardEuler: Method = {
  name: "backward_euler",
  order: 1,
  estimatesError: true,
  stepper: (space, f) => new BackwardEulerStepper(space, f),
  linear: () => backwardEuler,
};
const adamsBashforth = (told: string[] = []): Method => ({
  name: "adams_bashforth2",
  order: 2,
  estimatesError: false,
  stepper: (space, f) => new AdamsBashforthStepper(space, f, told),
  linear: () => adamsBashforth(told),
});
const fall = (_t: number, y: number) => -y;
const tensorFall = (_t: number, y: tf.Tensor) => tf.neg(y);

describe("a method that makes its own steps", () => {
  it("may be implicit: steps of given and of chosen length, dense output, events, in both entries", () => {
    const whole = { odeint, solve, odeintEvent };
    for (const entry of [whole, float64 as unknown as typeof whole]) {
      const y = entry.odeint(fall, 1, [0, 1], { method: backwardEuler, stepSize: 0.1 });
      expect(y[1]).toBeCloseTo(1.1 ** -10, 6);
      const chosen = entry.solve(fall, 1, { t0: 0, t1: 1, method: backwardEuler, rtol: 1e-4, atol: 1e-4 });
      expect(chosen.status.kind).toBe("finished");
      expect(chosen.y[chosen.y.length - 1]).toBeCloseTo(Math.exp(-1), 2);
      expect(chosen.evaluate(0.5)).toBeCloseTo(Math.exp(-0.5), 2);
      const event = (_t: number, y: number) => y - 0.5;
      const { t } = entry.odeintEvent(fall, 1, 0, { event, maxTime: 2, method: backwardEuler, rtol: 1e-4, atol: 1e-4 });
      expect(t).toBeCloseTo(Math.LN2, 1);
    }
  });

  it.each(backends)("and takes the same steps on tensors, with a gradient, and without blocking: %s", async (backend) => {
    await start(backend);
    const y0 = tf.tensor1d([1, 2]);
    const options = { method: backwardEuler, rtol: 1e-3, atol: 1e-3 };
    const steps = solve((_t, y) => [-y[0]!, -y[1]!], Float64Array.of(1, 2), { t0: 0, t1: 1, ...options }).stats;
    const left = leaked(() => {
      const solution = solve(tensorFall, y0, { t0: 0, t1: 1, ...options });
      expect(solution.stats.accepted).toBe(steps.accepted);
      solution.dispose();
      const end = (y: tf.Tensor) => tf.sum(tf.slice(odeint(tensorFall, y, [0, 1], { method: backwardEuler, stepSize: 0.1 }), 1));
      for (const value of values(tf.grad(end)(y0))) expect(value).toBeCloseTo(1.1 ** -10, 4);
    });
    expect(left).toBe(0);
    const before = tf.memory().numTensors;
    (await solveAsync(tensorFall, y0, { t0: 0, t1: 1, ...options })).dispose();
    expect(tf.memory().numTensors).toBe(before);
    y0.dispose();
  });

  it("may remember steps: it is told where they were rejected and where it starts anew", async () => {
    const error = (stepSize: number) =>
      Math.abs(odeint(fall, 1, [0, 1], { method: adamsBashforth(), stepSize })[1]! - Math.exp(-1));
    expect(Math.log2(error(0.02) / error(0.01))).toBeCloseTo(2, 1);

    const told: string[] = [];
    odeint(fall, 1, [0, 1], { method: adamsBashforth(told), stepSize: 0.25, jumpTimes: [0.5] });
    expect(told).toEqual(["start", "step", "start", "step"]);

    const trials: string[] = [];
    const heun = explicitMethod({
      name: "heun",
      order: 2,
      nodes: [0, 1],
      coupling: [[], [1]],
      weights: [0.5, 0.5],
      errorWeights: [-0.5, 0.5],
    });
    const listening: Method = {
      ...heun,
      stepper(space, f) {
        const stepper = heun.stepper(space, f);
        const attempt = stepper.attempt.bind(stepper);
        stepper.attempt = (trial) => {
          trials.push(trial.after);
          return attempt(trial);
        };
        return stepper;
      },
    };
    const { stats } = solve(fall, 1, { t0: 0, t1: 1, method: listening, firstStep: 1, rtol: 1e-4 });
    expect(trials.slice(0, 3)).toEqual(["start", "rejection", "rejection"]);
    expect(trials.filter((after) => after === "rejection")).toHaveLength(stats.rejected);
    expect(trials.filter((after) => after === "step")).toHaveLength(stats.accepted - 1);

    await start("wasm");
    const y0 = tf.tensor1d([1, 2]);
    const left = leaked(() => {
      const y = odeint(tensorFall, y0, [0, 1], { method: adamsBashforth(), stepSize: 0.01 });
      expect(values(y)[3]).toBeCloseTo(2 * Math.exp(-1), 4);
    });
    expect(left).toBe(0);
    y0.dispose();
  });
});

describe("explicitMethod", () => {
  /** Shu and Osher's, order 3. */
  const tableau = {
    name: "ssprk3",
    order: 3,
    nodes: [0, 1, 0.5],
    coupling: [[], [1], [0.25, 0.25]],
    weights: [1 / 6, 1 / 6, 2 / 3],
  };
  const ssprk3 = explicitMethod(tableau);

  it("makes a method of its order, with dense output, from coefficients alone", () => {
    const error = (stepSize: number) =>
      Math.abs(odeint((t, y) => -y * Math.cos(t), 1, [0, 2], { method: ssprk3, stepSize })[1]! - Math.exp(-Math.sin(2)));
    expect(Math.log2(error(0.02) / error(0.01))).toBeCloseTo(3, 1);
    const solution = solve(fall, 1, { t0: 0, t1: 1, method: ssprk3, stepSize: 0.1 });
    expect(solution.evaluate(0.55)).toBeCloseTo(Math.exp(-0.55), 4);
    expect(solution.evaluate(0.55)).not.toBe(
      solve(fall, 1, { t0: 0, t1: 1, method: ssprk3, stepSize: 0.1, interpolation: "linear" }).evaluate(0.55),
    );
  });

  it("leaves the caller's lists as they were, and freezes its own", () => {
    expect(Object.isFrozen(tableau.weights) || Object.isFrozen(tableau.coupling[1])).toBe(false);
    tableau.weights[0] = 7;
    expect(ssprk3.weights[0]).toBe(1 / 6);
    expect(Object.isFrozen(ssprk3.weights)).toBe(true);
  });
});
