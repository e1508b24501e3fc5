import type { Linearizer, LinearSystem } from "../../state/linearizer.js";
import type { PackedDynamics, Reading, StateSpace } from "../../state/state-space.js";
import type { Attempt, DenseOutput, Stepper, StepTrial } from "../method.js";
import type { DiagonalMethod } from "./diagonal-tableau.js";
import { Linearization, required } from "./linearization.js";
import { correct } from "./newton.js";

const ONE = /* @__PURE__ */ Float64Array.of(1);

/** Rows of a tableau as states are combined by them. */
interface FastRows {
  readonly base: readonly Float64Array[];
  readonly guess: readonly Float64Array[];
  readonly weights: Float64Array;
  readonly error: Float64Array | undefined;
}

/**
 * Steps of a diagonally implicit Runge–Kutta method: each stage's increment z = hγ f(t, base + z) by simplified Newton iterations, its slope z/(hγ)
 * from there, which keeps stiff modes damped where f of the stage would not.
 */
export class DiagonalStepper<V> implements Stepper<V> {
  readonly dense: DenseOutput;
  readonly #method: DiagonalMethod;
  readonly #rows: FastRows;
  readonly #gamma: number;
  readonly #space: StateSpace<V>;
  readonly #f: PackedDynamics<V>;
  readonly #linearization: Linearization<V>;
  readonly #stifflyAccurate: boolean;
  #slopes: V[] = [];
  #f0: V | undefined;
  #endTime = 0;
  #y1: V | undefined;
  #knowsEndSlope = false;

  constructor(method: DiagonalMethod, space: StateSpace<V>, f: PackedDynamics<V>, linearizer: Linearizer<V> | undefined) {
    const { coupling, weights, errorWeights, predictor, nodes } = method;
    this.dense = method.dense;
    this.#method = method;
    this.#space = space;
    this.#f = f;
    this.#gamma = coupling.at(-1)!.at(-1)!;
    this.#stifflyAccurate = nodes.at(-1) === 1 && weights.every((weight, i) => weight === coupling.at(-1)![i]);
    this.#rows = {
      base: coupling.map((row) => Float64Array.from(row.slice(0, -1))),
      guess: coupling.map((_, i) => Float64Array.from(predictor?.[i] ?? lastOf(i), (weight) => weight * this.#gamma)),
      weights: Float64Array.from(weights),
      error: errorWeights && Float64Array.from(errorWeights),
    };
    this.#linearization = new Linearization(space, required(method.name, linearizer), !this.#stifflyAccurate);
  }

  attempt(trial: StepTrial<V>): Generator<Reading, Attempt<V>, number> {
    this.#slopes = [];
    this.#f0 = trial.f0;
    this.#endTime = trial.endTime;
    this.#knowsEndSlope = this.#stifflyAccurate;
    return this.#linearization.attempt(trial, [[[this.#gamma]]], ([system]) => this.#stages(trial, system!));
  }

  /** All stages; undefined where one does not converge. */
  *#stages(trial: StepTrial<V>, system: LinearSystem<V>): Generator<Reading, Attempt<V> | undefined, number> {
    const { span, y0, f0, endTime, tolerances } = trial;
    const space = this.#space;
    const { nodes } = this.#method;
    const slopes: V[] = [f0];
    let y1: V | undefined;
    let [most, slowest] = [0, 0];
    for (let i = 1; i < nodes.length; i++) {
      const t = nodes[i] === 1 ? endTime : span.t0 + nodes[i]! * span.h;
      const solved = yield* this.#stage(trial, system, i, t, slopes);
      if (solved === undefined) {
        for (const slope of slopes) if (slope !== f0) space.recycle(slope);
        if (y1 !== undefined) space.recycle(y1);
        return undefined;
      }
      most = Math.max(most, solved.iterations);
      slowest = Math.max(slowest, solved.contraction);
      slopes.push(solved.slope);
      if (y1 !== undefined) space.recycle(y1);
      y1 = solved.y;
    }
    this.#linearization.learn({ iterations: most, contraction: slowest });
    const finish = space.scope(() => {
      const end = this.#stifflyAccurate ? y1! : space.combine(y0, span, this.#rows.weights, slopes);
      return { end, ratio: tolerances === undefined ? 0 : this.#error(trial, end, slopes, system) };
    });
    if (finish.end !== y1) space.recycle(y1!);
    this.#slopes = slopes;
    this.#y1 = finish.end;
    return { y1: finish.end, ratio: finish.ratio };
  }

  *#stage(
    trial: StepTrial<V>,
    system: LinearSystem<V>,
    i: number,
    t: number,
    known: readonly V[],
  ): Generator<Reading, { y: V; slope: V; iterations: number; contraction: number } | undefined, number> {
    const { span, y0, tolerances } = trial;
    const space = this.#space;
    const scale = span.h * this.#gamma;
    const toResidual = Float64Array.of(scale, -1);
    const test = this.#linearization.newton.testOf(tolerances);
    const { base, guess } = space.scope(() => ({
      base: space.combine(y0, span, this.#rows.base[i]!, known),
      guess: space.combine(undefined, span, this.#rows.guess[i]!, known),
    }));
    const result = yield* this.#linearization.newton.run([guess], trial, ([z]) => {
      const iterate = space.scope(() => {
        const y = space.combine(base, undefined, ONE, [z!]);
        const slope = this.#f(t, y);
        const residual = space.combine(undefined, undefined, toResidual, [slope, z!]);
        return { ...correct(space, system, [z!], [residual], y0, test), others: [y, slope] };
      });
      for (const state of [...iterate.spent, ...iterate.others]) space.recycle(state);
      return iterate;
    });
    const [z] = result.z;
    const { y, slope } = space.scope(() => ({
      y: space.combine(base, undefined, ONE, [z!]),
      slope: space.combine(undefined, undefined, Float64Array.of(1 / scale), [z!]),
    }));
    space.recycle(base);
    space.recycle(z!);
    if (result.converged) return { y, slope, ...result };
    space.recycle(y);
    space.recycle(slope);
    return undefined;
  }

  #error({ span, y0, tolerances }: StepTrial<V>, y1: V, slopes: readonly V[], system: LinearSystem<V>): Reading {
    const space = this.#space;
    const weights = this.#rows.error!;
    if (!this.#method.filtersError) return space.norm(span.h, weights, slopes, y0, y1, tolerances!);
    const [error] = system.solve([space.combine(undefined, span, weights, slopes)]);
    return space.norm(1, ONE, [error!], y0, y1, tolerances!);
  }

  slopes(): V[] {
    if (this.dense.usesEndSlope && this.#slopes.length < this.dense.polynomials.length) {
      this.#slopes.push(this.#space.scope(() => this.#f(this.#endTime, this.#y1!)));
      this.#knowsEndSlope = true;
    }
    return this.#slopes;
  }

  endSlope(): V | undefined {
    return this.#knowsEndSlope ? this.#slopes.at(-1) : undefined;
  }

  release(kept?: V): void {
    for (const slope of this.#slopes) if (slope !== this.#f0 && slope !== kept) this.#space.recycle(slope);
    this.#slopes = [];
  }
}

/** The first guess that takes the slope before. */
function lastOf(stage: number): number[] {
  return Array.from({ length: stage }, (_, j) => (j === stage - 1 ? 1 : 0));
}
