import type { Linearizer, LinearSystem } from "../../state/linearizer.js";
import type { PackedDynamics, Reading, StateSpace } from "../../state/state-space.js";
import type { Attempt, DenseOutput, Stepper, StepTrial } from "../method.js";
import type { Collocation } from "./collocation.js";
import { invert } from "./invert.js";
import { Linearization, required } from "./linearization.js";
import { combineRows, correct } from "./newton.js";

const ONE = /* @__PURE__ */ Float64Array.of(1);

/** Steps of an implicit Runge–Kutta method whose stages all know each other: increments z = hA f(y0 + z), all at once. */
export class CoupledStepper<V> implements Stepper<V> {
  readonly dense: DenseOutput;
  readonly #nodes: readonly number[];
  readonly #coupling: readonly (readonly number[])[];
  readonly #rows: readonly Float64Array[];
  readonly #weights: Float64Array;
  /** A⁻¹: slopes from increments. */
  readonly #toSlopes: readonly Float64Array[];
  readonly #space: StateSpace<V>;
  readonly #f: PackedDynamics<V>;
  readonly #linearization: Linearization<V>;
  #slopes: readonly V[] = [];

  constructor(
    method: { readonly name: string; readonly dense: DenseOutput; readonly stages: Collocation },
    space: StateSpace<V>,
    f: PackedDynamics<V>,
    linearizer: Linearizer<V> | undefined,
  ) {
    const { nodes, coupling, weights } = method.stages;
    this.dense = method.dense;
    this.#nodes = nodes;
    this.#coupling = coupling;
    this.#rows = coupling.map((row) => Float64Array.from(row));
    this.#weights = Float64Array.from(weights);
    this.#toSlopes = invert(coupling).map((row) => Float64Array.from(row));
    this.#space = space;
    this.#f = f;
    this.#linearization = new Linearization(space, required(method.name, linearizer), true);
  }

  attempt(trial: StepTrial<V>): Generator<Reading, Attempt<V>, number> {
    this.#slopes = [];
    return this.#linearization.attempt(trial, [this.#coupling], ([system]) => this.#solve(trial, system!));
  }

  *#solve(trial: StepTrial<V>, system: LinearSystem<V>): Generator<Reading, Attempt<V> | undefined, number> {
    const { span, y0, f0, endTime, tolerances } = trial;
    const space = this.#space;
    const { h, t0 } = span;
    const times = this.#nodes.map((node) => (node === 1 ? endTime : t0 + node * h));
    const test = this.#linearization.newton.testOf(tolerances);
    const start = space.scope(() => this.#nodes.map((node) => space.combine(undefined, span, Float64Array.of(node), [f0])));
    const result = yield* this.#linearization.newton.run(start, trial, (z) => {
      const iterate = space.scope(() => {
        const stages = z.map((one) => space.combine(y0, undefined, ONE, [one]));
        const slopes = stages.map((y, i) => this.#f(times[i]!, y));
        const residual = this.#rows.map((row, i) =>
          space.combine(undefined, undefined, Float64Array.of(...row.map((weight) => weight * h), -1), [...slopes, z[i]!]),
        );
        return { ...correct(space, system, z, residual, y0, test), others: [...stages, ...slopes] };
      });
      for (const state of [...iterate.spent, ...iterate.others]) space.recycle(state);
      return iterate;
    });
    const { z } = result;
    if (result.converged) this.#linearization.learn(result);
    const made = space.scope(() => {
      const slopes = combineRows(space, this.#toSlopes, z, 1 / h);
      return { slopes, y1: space.combine(y0, span, this.#weights, slopes) };
    });
    for (const state of z) space.recycle(state);
    if (result.converged) {
      this.#slopes = made.slopes;
      return { y1: made.y1, ratio: 0 };
    }
    for (const state of [made.y1, ...made.slopes]) space.recycle(state);
    return undefined;
  }

  slopes(): readonly V[] {
    return this.#slopes;
  }

  endSlope(): undefined {
    return undefined;
  }

  release(): void {
    for (const slope of this.#slopes) this.#space.recycle(slope);
    this.#slopes = [];
  }
}
