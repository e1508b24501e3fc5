import type { Linearizer, LinearSystem } from "../../state/linearizer.js";
import type { PackedDynamics, Reading, StateSpace } from "../../state/state-space.js";
import type { Attempt, DenseOutput, Stepper, StepTrial } from "../method.js";
import type { DiagonalMethod } from "./diagonal-tableau.js";
import { Linearization, required } from "./linearization.js";
import { correct, difference } from "./newton.js";

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
  readonly #linearizer: Linearizer<V>;
  readonly #linearization: Linearization<V>;
  readonly #stifflyAccurate: boolean;
  /** Weights that are read before they change: allocating small typed arrays costs more than most right-hand sides. */
  readonly #toResidual = Float64Array.of(0, -1);
  readonly #toSlope = Float64Array.of(0);
  #trial: StepTrial<V> | undefined;
  #slopes: V[] = [];
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
    this.#linearizer = required(method.name, linearizer);
    this.#linearization = new Linearization(space, this.#linearizer, !this.#stifflyAccurate);
  }

  attempt(trial: StepTrial<V>): Generator<Reading, Attempt<V>, number> {
    this.#slopes = [];
    this.#trial = trial;
    this.#knowsEndSlope = this.#stifflyAccurate;
    return this.#linearization.attempt(trial, [[[this.#gamma]]], ([system]) => this.#stages(trial, system!));
  }

  /** All stages; undefined where one does not converge. */
  *#stages(trial: StepTrial<V>, system: LinearSystem<V>): Generator<Reading, Attempt<V> | undefined, number> {
    const { y0, f0, tolerances, span } = trial;
    const space = this.#space;
    const { nodes } = this.#method;
    const slopes: V[] = [f0];
    let y1: V | undefined;
    let [most, slowest] = [0, 0];
    for (let i = 1; i < nodes.length; i++) {
      const t = timeOf(trial, nodes[i]!);
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
    const finish = space.quietly(() => {
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
    const toResidual = this.#toResidual;
    toResidual[0] = scale;
    const test = this.#linearization.newton.testOf(tolerances);
    const { base, guess } = space.quietly(() => ({
      base: space.combine(y0, span, this.#rows.base[i]!, known),
      guess: space.combine(undefined, span, this.#rows.guess[i]!, known),
    }));
    const result = yield* this.#linearization.newton.run([guess], trial, (z) => {
      const iterate = space.quietly(() => {
        const y = space.combine(base, undefined, ONE, z);
        const slope = this.#f(t, y);
        const residual = space.combine(undefined, undefined, toResidual, [slope, z[0]!]);
        return correct(space, system, z, [residual], y0, test, [y, slope]);
      });
      for (let i = 0; i < iterate.spent.length; i++) space.recycle(iterate.spent[i]!);
      return iterate;
    });
    const [z] = result.z;
    this.#toSlope[0] = 1 / scale;
    const { y, slope } = space.quietly(() => ({
      y: space.combine(base, undefined, ONE, result.z),
      slope: space.combine(undefined, undefined, this.#toSlope, result.z),
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

  record(): V {
    const trial = this.#trial!;
    const { span, y0, f0 } = trial;
    const space = this.#space;
    const { base, weights } = this.#rows;
    const gamma = Float64Array.of(this.#gamma);
    const values = this.#slopes;
    const recorded = space.scope(() => {
      const slopes: V[] = [f0];
      for (let i = 1; i < base.length; i++) {
        const t = timeOf(trial, this.#method.nodes[i]!);
        const start = space.combine(y0, span, base[i]!, slopes);
        const stage = (slope: V) => space.combine(start, span, gamma, [slope]);
        const place = { t, y: space.quietly(() => stage(values[i]!)) };
        const system = this.#linearizer.tape!.system([[this.#gamma * span.h]], [place]);
        slopes.push(...system.solved([values[i]!], ([slope]) => [difference(space, this.#f(t, stage(slope!)), slope!)]));
      }
      return { slopes, y1: space.combine(y0, span, weights, slopes) };
    });
    this.release();
    this.#slopes = recorded.slopes;
    this.#y1 = recorded.y1;
    return recorded.y1;
  }

  slopes(): V[] {
    if (this.dense.usesEndSlope && this.#slopes.length < this.dense.polynomials.length) {
      this.#slopes.push(this.#space.scope(() => this.#f(this.#trial!.endTime, this.#y1!)));
      this.#knowsEndSlope = true;
    }
    return this.#slopes;
  }

  endSlope(): V | undefined {
    return this.#knowsEndSlope ? this.#slopes.at(-1) : undefined;
  }

  release(kept?: V): void {
    for (const slope of this.#slopes) if (slope !== this.#trial!.f0 && slope !== kept) this.#space.recycle(slope);
    this.#slopes = [];
  }
}

const timeOf = <V>({ span, endTime }: StepTrial<V>, node: number): number => (node === 1 ? endTime : span.t0 + node * span.h);

/** The first guess that takes the slope before. */
function lastOf(stage: number): number[] {
  return Array.from({ length: stage }, (_, j) => (j === stage - 1 ? 1 : 0));
}
