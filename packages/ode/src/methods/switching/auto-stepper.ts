import type { PackedDynamics, Reading, StateSpace } from "../../state/state-space.js";
import type { Tolerances } from "../../types.js";
import { tsit5 } from "../explicit/tsit5.js";
import type { Attempt, DenseOutput, Stepper, StepTrial } from "../method.js";
import { stabilityReach } from "../stability.js";

/** One of the two ways to make steps. */
interface Way<V> {
  readonly name: string;
  readonly stepper: Stepper<V>;
}

/** A step is held by stability where h ρ(∂f/∂y) is at least this share of what is stable, and free of it below the other. */
const HELD = 0.7;
const FREE = 0.4;
/** So many steps in turn before the way changes. */
const STEPS_HELD = 12;
const STEPS_FREE = 6;

const ONE = /* @__PURE__ */ Float64Array.of(1);
const DIFFERENCE = /* @__PURE__ */ Float64Array.of(1, -1);
const ABSOLUTE: Tolerances = { rtol: 0, atol: 1 };

/** Of tsit5's last two stages, both at t1: their slopes' difference, that of their states by slopes, and up to which h |λ| steps are stable. */
const TEST = /* @__PURE__ */ stiffnessTest();

function stiffnessTest() {
  const { weights, coupling } = tsit5;
  const before = coupling[5]!;
  return {
    slopes: Float64Array.from(weights, (_, i) => (i === 6 ? 1 : i === 5 ? -1 : 0)),
    states: Float64Array.from(weights, (weight, i) => weight - (before[i] ?? 0)),
    reach: stabilityReach(tsit5),
  };
}

/**
 * Steps of tsit5 while h ρ(∂f/∂y), as its last two stages tell it (Hairer & Wanner, Solving Ordinary Differential Equations II, eq. IV.2.11), is not held
 * by stability; of rodas5p from there until a power iteration, an evaluation of f a step, says that tsit5's would be stable.
 */
export class AutoStepper<V> implements Stepper<V> {
  readonly #space: StateSpace<V>;
  readonly #f: PackedDynamics<V>;
  readonly #ways: { readonly explicit: Way<V>; readonly stiff: Way<V> };
  #active: Way<V>;
  /** Steps in turn that speak for the other way. */
  #others = 0;
  /** Where f changes most, for the power iteration. */
  #direction: V | undefined;

  constructor(space: StateSpace<V>, f: PackedDynamics<V>, ways: { readonly explicit: Way<V>; readonly stiff: Way<V> }) {
    this.#space = space;
    this.#f = f;
    this.#ways = ways;
    this.#active = ways.explicit;
  }

  *attempt(trial: StepTrial<V>): Generator<Reading, Attempt<V>, number> {
    const { explicit, stiff } = this.#ways;
    let { after } = trial;
    if (after === "step" && this.#active === stiff) yield* this.#look(trial);
    if (after !== "rejection" && this.#others >= (this.#active === stiff ? STEPS_FREE : STEPS_HELD)) {
      this.#active = this.#active === stiff ? explicit : stiff;
      this.#others = 0;
      after = "start";
    }
    const tried = this.#active.stepper.attempt({ ...trial, after });
    const attempt = "next" in tried ? yield* tried : tried;
    const ratio = typeof attempt.ratio === "number" ? attempt.ratio : yield attempt.ratio;
    if (this.#active === explicit && ratio <= 1) yield* this.#compareStages(trial);
    return { ...attempt, ratio, by: this.#active.name };
  }

  /** Whether stability held an explicit step. */
  *#compareStages({ y0, tolerances }: StepTrial<V>): Generator<Reading, void, number> {
    const space = this.#space;
    const slopes = this.#ways.explicit.stepper.slopes();
    const test = tolerances ?? ABSOLUTE;
    const sizeOf = (weights: Float64Array) => space.scope(() => space.norm(1, weights, slopes, y0, y0, test));
    const [change, distance] = [yield* read(sizeOf(TEST.slopes)), yield* read(sizeOf(TEST.states))];
    // Both are differences of slopes: that of the states lacks its h, and h ρ is their quotient.
    const held = distance > 0 && change > HELD * TEST.reach * distance;
    this.#others = held ? this.#others + 1 : 0;
  }

  /** Whether an explicit step as long as the last would be stable: one power iteration. */
  *#look({ span, y0, f0 }: StepTrial<V>): Generator<Reading, void, number> {
    const space = this.#space;
    const sizeOf = (state: V) => space.scope(() => space.norm(1, ONE, [state], y0, y0, ABSOLUTE));
    const from = this.#direction ?? f0;
    const [length, size] = [yield* read(sizeOf(from)), yield* read(sizeOf(y0))];
    const displacement = Math.sqrt(space.epsilon) * (size || 1);
    const change = space.scope(() => {
      const displaced = space.combine(y0, undefined, Float64Array.of(length > 0 ? displacement / length : 0), [from]);
      return space.combine(undefined, undefined, DIFFERENCE, [this.#f(span.t0, displaced), f0]);
    });
    const changed = yield* read(sizeOf(change));
    if (this.#direction !== undefined) space.recycle(this.#direction);
    this.#direction = changed > 0 && Number.isFinite(changed) ? change : undefined;
    if (this.#direction === undefined) space.recycle(change);
    const free = (Math.abs(span.h) * changed) / displacement < FREE * TEST.reach;
    this.#others = free ? this.#others + 1 : 0;
  }

  get dense(): DenseOutput {
    return this.#active.stepper.dense;
  }

  slopes(): readonly V[] {
    return this.#active.stepper.slopes();
  }

  endSlope(): V | undefined {
    return this.#active.stepper.endSlope();
  }

  release(kept?: V): void {
    this.#active.stepper.release(kept);
  }
}

function* read(reading: Reading): Generator<Reading, number, number> {
  return typeof reading === "number" ? reading : yield reading;
}
