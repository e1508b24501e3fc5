import type { Linearizer, LinearSystem } from "../../state/linearizer.js";
import type { PackedDynamics, StateSpace } from "../../state/state-space.js";
import type { Attempt, DenseOutput, Stepper, StepTrial } from "../method.js";
import { required } from "./linearization.js";
import { difference } from "./newton.js";
import type { RosenbrockMethod } from "./rosenbrock-tableau.js";

/** Rows of a tableau as states are combined by them. */
interface FastRows {
  readonly coupling: readonly Float64Array[];
  /** Of f, the slopes before and ∂f/∂t, times γ. */
  readonly right: readonly Float64Array[];
  readonly weights: Float64Array;
  readonly error: Float64Array;
}

/** Steps of a Rosenbrock method: one system of linear equations a stage, all with the same factors; no iteration that could fail. */
export class RosenbrockStepper<V> implements Stepper<V> {
  readonly dense: DenseOutput;
  readonly #method: RosenbrockMethod;
  readonly #rows: FastRows;
  readonly #space: StateSpace<V>;
  readonly #f: PackedDynamics<V>;
  readonly #linearizer: Linearizer<V>;
  /** ∂f/∂t at the step's start, as long as that start is tried. */
  #timeDerivative: V | undefined;
  #trial: StepTrial<V> | undefined;
  #slopes: readonly V[] = [];

  constructor(method: RosenbrockMethod, space: StateSpace<V>, f: PackedDynamics<V>, linearizer: Linearizer<V> | undefined) {
    const { gamma, coupling, couplingOfSlopes, weights, errorWeights } = method;
    this.dense = method.dense;
    this.#method = method;
    this.#space = space;
    this.#f = f;
    this.#linearizer = required(method.name, linearizer);
    this.#rows = {
      coupling: coupling.map((row) => Float64Array.from(row)),
      right: couplingOfSlopes.map((row) => Float64Array.of(gamma, ...row.map((weight) => gamma * weight))),
      weights: Float64Array.from(weights),
      error: Float64Array.from(errorWeights),
    };
  }

  attempt(trial: StepTrial<V>): Attempt<V> {
    const space = this.#space;
    this.#trial = trial;
    if (trial.after !== "rejection") this.#linearize(trial);
    const system = this.#linearizer.factor([[this.#method.gamma * trial.span.h]]);
    if (system === undefined) {
      this.#linearizer.countFailure();
      return { y1: space.quietly(() => space.clone(trial.y0)), ratio: Number.NaN };
    }
    const attempt = space.quietly(() => this.#try(trial, system));
    for (const state of attempt.spent) space.recycle(state);
    this.#slopes = attempt.slopes;
    return attempt;
  }

  #linearize(trial: StepTrial<V>): void {
    this.#linearizer.linearize(trial);
    if (this.#timeDerivative !== undefined) this.#space.recycle(this.#timeDerivative);
    this.#timeDerivative = this.#space.quietly(() => this.#linearizer.timeDerivative(trial));
  }

  #try(trial: StepTrial<V>, system: LinearSystem<V>) {
    const { span, y0, tolerances } = trial;
    const space = this.#space;
    const spent: V[] = [];
    const slopes = this.#stages(trial, this.#timeDerivative!, span.h, spent, (right) => system.solve([right])[0]!);
    const y1 = space.combine(y0, span, this.#rows.weights, slopes);
    const ratio = tolerances === undefined ? 0 : space.norm(span.h, this.#rows.error, slopes, y0, y1, tolerances);
    return { y1, ratio, slopes, spent };
  }

  /**
   * The slopes, each solved for from its right side.
   *
   * @param byTime h ∂f/∂t when it is multiplied by `scale`
   */
  #stages(trial: StepTrial<V>, byTime: V, scale: number, spent: V[], solve: (right: V, stage: number) => V): V[] {
    const { span, endTime, y0, f0 } = trial;
    const space = this.#space;
    const { gamma, nodes, timeWeights } = this.#method;
    const slopes: V[] = [];
    for (let i = 0; i < nodes.length; i++) {
      const terms = [f0, ...slopes];
      if (i > 0) {
        const y = space.combine(y0, span, this.#rows.coupling[i]!, slopes);
        const t = nodes[i] === 1 ? endTime : span.t0 + nodes[i]! * span.h;
        terms[0] = this.#f(t, y);
        spent.push(y, terms[0]!);
      }
      const row = this.#rows.right[i]!;
      const weight = timeWeights[i]!;
      const right =
        weight === 0
          ? space.combine(undefined, undefined, row, terms)
          : space.combine(undefined, undefined, Float64Array.of(...row, gamma * weight * scale), [...terms, byTime]);
      slopes.push(solve(right, i));
    }
    return slopes;
  }

  /** Stages as above; each solves a system that itself moves with y0 and all that f reads: (I − hγJ) K = right as right + hγ J K − K = 0. */
  record(): V {
    const trial = this.#trial!;
    const { span, y0 } = trial;
    const space = this.#space;
    const values = this.#slopes;
    const { tape } = this.#linearizer;
    const gamma = Float64Array.of(this.#method.gamma);
    const recorded = space.scope(() => {
      const start = { t: span.t0, y: y0 };
      const system = tape!.system([[this.#method.gamma * span.h]], [start]);
      const product = tape!.product(start);
      const slopes = this.#stages(trial, tape!.timeChange(trial), 1, [], (right, i) => {
        const [slope] = system.solved([values[i]!], ([slope]) => [
          difference(space, space.combine(right, span, gamma, [product(slope!)]), slope!),
        ]);
        return slope!;
      });
      return { slopes, y1: space.combine(y0, span, this.#rows.weights, slopes) };
    });
    this.release();
    this.#slopes = recorded.slopes;
    return recorded.y1;
  }

  slopes(): readonly V[] {
    return this.#slopes;
  }

  endSlope(): undefined {
    return undefined;
  }

  release(kept?: V): void {
    for (const slope of this.#slopes) if (slope !== kept) this.#space.recycle(slope);
    this.#slopes = [];
  }
}
