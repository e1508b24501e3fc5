import type { PackedDynamics, Stages, StateSpace } from "../../state/state-space.js";
import type { Attempt, DenseOutput, Stepper, StepTrial } from "../method.js";
import type { ExplicitMethod } from "./tableau.js";

/** Steps of an explicit Runge–Kutta method in any space, one linear combination a stage. */
export class ExplicitStepper<V> implements Stepper<V> {
  readonly dense: DenseOutput;
  readonly #method: ExplicitMethod;
  readonly #space: StateSpace<V>;
  readonly #f: PackedDynamics<V>;
  readonly #stages: Stages<V>;
  #endTime = 0;
  #y1: V | undefined;
  #knowsEndSlope = false;

  constructor(method: ExplicitMethod, space: StateSpace<V>, f: PackedDynamics<V>) {
    this.dense = method.dense;
    this.#method = method;
    this.#space = space;
    this.#f = f;
    this.#stages = space.stages(method.nodes.length);
  }

  attempt(trial: StepTrial<V>): Attempt<V> {
    const attempt = this.#space.scope(() => this.#try(trial));
    this.#endTime = trial.endTime;
    this.#y1 = attempt.y1;
    this.#knowsEndSlope = this.#method.firstSameAsLast;
    return attempt;
  }

  #try({ span, endTime, y0, f0, tolerances }: StepTrial<V>) {
    const { nodes, fast, firstSameAsLast } = this.#method;
    const stages = this.#stages;
    stages.begin(f0);
    let stage: V | undefined;
    for (let i = 1; i < nodes.length; i++) {
      stage = stages.combine(y0, span, fast.coupling[i]!, stage);
      const node = nodes[i]!;
      stages.push(this.#f(node === 1 ? endTime : span.t0 + node * span.h, stage));
    }
    // Where the method's last stage is y1, it is in place.
    const y1 = firstSameAsLast ? stage! : stages.combine(y0, span, fast.weights, stage);
    const ratio = tolerances === undefined ? 0 : stages.norm(span, fast.errorWeights!, y0, y1, tolerances);
    // What a scope returns outlives it.
    return { y1, ratio, held: stages.held };
  }

  slopes(): V[] {
    const slopes = this.#stages.slopes();
    if (this.dense.usesEndSlope) {
      slopes.push(this.#space.scope(() => this.#f(this.#endTime, this.#y1!)));
      this.#knowsEndSlope = true;
    }
    return slopes;
  }

  endSlope(): V | undefined {
    return this.#knowsEndSlope ? this.#stages.last() : undefined;
  }

  release(kept?: V): void {
    this.#stages.release(kept);
  }
}
