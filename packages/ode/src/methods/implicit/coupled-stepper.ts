import type { Linearizer, LinearSystem } from "../../state/linearizer.js";
import type { PackedDynamics, Reading, StateSpace } from "../../state/state-space.js";
import type { Attempt, DenseOutput, Stepper, StepTrial } from "../method.js";
import type { Collocation } from "./collocation.js";
import { invert } from "./invert.js";
import { Linearization, required } from "./linearization.js";
import { combineRows, correct } from "./newton.js";
import { recordStages } from "./record-stages.js";

const ONE = /* @__PURE__ */ Float64Array.of(1);

/** Steps of an implicit Runge–Kutta method whose stages all know each other: increments z = hA f(y0 + z), all at once. */
export class CoupledStepper<V> implements Stepper<V> {
  readonly dense: DenseOutput;
  readonly #stages: Collocation;
  readonly #rows: readonly Float64Array[];
  readonly #weights: Float64Array;
  /** A⁻¹: slopes from increments. */
  readonly #toSlopes: readonly Float64Array[];
  readonly #space: StateSpace<V>;
  readonly #f: PackedDynamics<V>;
  readonly #linearizer: Linearizer<V>;
  readonly #linearization: Linearization<V>;
  #trial: StepTrial<V> | undefined;
  #slopes: readonly V[] = [];

  constructor(
    method: { readonly name: string; readonly dense: DenseOutput; readonly stages: Collocation },
    space: StateSpace<V>,
    f: PackedDynamics<V>,
    linearizer: Linearizer<V> | undefined,
  ) {
    const { coupling, weights } = method.stages;
    this.dense = method.dense;
    this.#stages = method.stages;
    this.#rows = coupling.map((row) => Float64Array.from(row));
    this.#weights = Float64Array.from(weights);
    this.#toSlopes = invert(coupling).map((row) => Float64Array.from(row));
    this.#space = space;
    this.#f = f;
    this.#linearizer = required(method.name, linearizer);
    this.#linearization = new Linearization(space, this.#linearizer, true);
  }

  attempt(trial: StepTrial<V>): Generator<Reading, Attempt<V>, number> {
    this.#slopes = [];
    this.#trial = trial;
    return this.#linearization.attempt(trial, [this.#stages.coupling], ([system]) => this.#solve(trial, system!));
  }

  *#solve(trial: StepTrial<V>, system: LinearSystem<V>): Generator<Reading, Attempt<V> | undefined, number> {
    const { span, y0, f0, endTime, tolerances } = trial;
    const space = this.#space;
    const { h, t0 } = span;
    const { nodes } = this.#stages;
    const times = nodes.map((node) => (node === 1 ? endTime : t0 + node * h));
    const test = this.#linearization.newton.testOf(tolerances);
    const start = space.quietly(() => nodes.map((node) => space.combine(undefined, span, Float64Array.of(node), [f0])));
    const result = yield* this.#linearization.newton.run(start, trial, (z) => {
      const iterate = space.quietly(() => {
        const stages = z.map((one) => space.combine(y0, undefined, ONE, [one]));
        const slopes = stages.map((y, i) => this.#f(times[i]!, y));
        const residual = this.#rows.map((row, i) =>
          space.combine(undefined, undefined, Float64Array.of(...row.map((weight) => weight * h), -1), [...slopes, z[i]!]),
        );
        return correct(space, system, z, residual, y0, test, [...stages, ...slopes]);
      });
      for (const state of iterate.spent) space.recycle(state);
      return iterate;
    });
    const { z } = result;
    if (result.converged) this.#linearization.learn(result);
    const made = space.quietly(() => {
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

  record(): V {
    const made = { stages: this.#stages, space: this.#space, f: this.#f, linearizer: this.#linearizer };
    const { slopes, y1 } = recordStages(made, this.#trial!, this.#slopes);
    this.release();
    this.#slopes = slopes;
    return y1;
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
