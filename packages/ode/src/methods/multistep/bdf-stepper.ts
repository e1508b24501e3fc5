import type { Linearizer, LinearSystem } from "../../state/linearizer.js";
import type { PackedDynamics, Reading, StateSpace } from "../../state/state-space.js";
import { required } from "../implicit/linearization.js";
import { correct, NewtonControl } from "../implicit/newton.js";
import type { Attempt, DenseOutput, Stepper, StepTrial } from "../method.js";
import { differencePolynomials, type Formula, HIGHEST_ORDER, regrid } from "./backward-differences.js";

const ONE = /* @__PURE__ */ Float64Array.of(1);
const NEGATIVE = /* @__PURE__ */ Float64Array.of(-1);
const NOTHING = /* @__PURE__ */ Float64Array.of(0);
/** Lengths that differ by a smaller share are one: rounding of t. */
const SAME_LENGTH = 1e-9;
/** Steps get longer only if it pays for the new factors of the matrix. */
const WORTHWHILE = 1.2;
const LARGEST_FACTOR = 10;
const SMALLEST_FACTOR = 0.2;
const SAFETY = 0.9;
/** Iterations that contract less ask for a new Jacobian. */
const SLOW = 0.3;

/** A step that was tried: what the next one starts from if it is accepted. */
interface Made<V> {
  /** ∇ʲy1 from j = 1 on. */
  readonly differences: readonly V[];
  readonly order: number;
  /** ψ, which with d gives f(t1, y1). */
  readonly psi: V;
  readonly h: number;
  readonly nextOrder: number;
}

/**
 * Steps of the numerical differentiation formulas of orders 1 to 5 on points a step apart: when the length changes, the differences are those of the
 * same polynomial at other points (Shampine & Reichelt, The MATLAB ODE Suite, SIAM J. Sci. Comput. 18 (1997)).
 */
export class BdfStepper<V> implements Stepper<V> {
  readonly #space: StateSpace<V>;
  readonly #f: PackedDynamics<V>;
  readonly #linearizer: Linearizer<V>;
  readonly #newton: NewtonControl<V>;
  readonly #formulas: readonly Formula[];
  readonly #dense: readonly DenseOutput[];
  /** Weights that are read before they change: allocating small typed arrays costs more than most right-hand sides. */
  readonly #toResidual = Float64Array.of(0, -1, -1);
  readonly #toSlope = new Float64Array(2);
  #order = 1;
  /** ∇ʲy0 from j = 1 on, of points h apart. */
  #differences: readonly V[] = [];
  #h = Number.NaN;
  /** Steps taken since length and order changed. */
  #equalSteps = 0;
  #made: Made<V> | undefined;
  #slopes: V[] = [];
  /** Factors of I − c J. */
  #system: LinearSystem<V> | undefined;
  #coefficient = Number.NaN;
  /** Whether the Jacobian is due, and whether it is of this step. */
  #stale = true;
  #fresh = false;

  constructor(
    name: string,
    formulas: readonly Formula[],
    straight: boolean,
    space: StateSpace<V>,
    f: PackedDynamics<V>,
    linearizer: Linearizer<V> | undefined,
  ) {
    this.#space = space;
    this.#f = f;
    this.#linearizer = required(name, linearizer);
    this.#newton = new NewtonControl(space);
    this.#formulas = formulas;
    this.#dense = formulas.map((_, order) => ({
      order: straight ? 1 : order,
      polynomials: straight ? [[1]] : differencePolynomials(Math.max(order, 1)),
      usesEndSlope: false,
    }));
  }

  get dense(): DenseOutput {
    return this.#dense[this.#made?.order ?? this.#order]!;
  }

  *attempt(trial: StepTrial<V>): Generator<Reading, Attempt<V>, number> {
    const space = this.#space;
    this.#begin(trial);
    const { alpha, psi: weights } = this.#formulas[this.#order]!;
    const known = this.#differences.slice(0, this.#order);
    const { predicted, psi } = space.scope(() => ({
      predicted: space.combine(trial.y0, undefined, ALL_ONES, known),
      psi: space.combine(undefined, undefined, weights, known),
    }));
    const coefficient = trial.span.h / alpha;
    if (this.#stale) this.#renew(trial, predicted);
    for (;;) {
      const system = this.#systemFor(coefficient);
      const found = system && (yield* this.#correct(trial, predicted, psi, coefficient, system));
      if (found !== undefined) return yield* this.#finish(trial, predicted, psi, found.d, found.iterations);
      this.#newton.reset();
      if (this.#fresh) break;
      this.#renew(trial, predicted);
    }
    this.#linearizer.countFailure();
    this.#stale = true;
    this.#equalSteps = 0;
    for (const state of [predicted, psi]) space.recycle(state);
    return { y1: space.scope(() => space.clone(trial.y0)), ratio: Number.NaN, failed: "newton", factor: 0.5 };
  }

  /** Takes up where the accepted step ended, or goes back to where the rejected one began; puts the differences a step of this length apart. */
  #begin({ span, f0, after }: StepTrial<V>): void {
    const space = this.#space;
    const made = this.#made;
    this.#made = undefined;
    if (after !== "rejection") this.#fresh = false;
    if (after === "step" && made !== undefined) {
      this.#recycle(this.#differences);
      this.#equalSteps = made.nextOrder === this.#order ? this.#equalSteps + 1 : 0;
      this.#differences = made.differences;
      this.#order = made.nextOrder;
    } else if (made !== undefined) this.#recycle(made.differences);
    if (after === "start") {
      this.#recycle(this.#differences);
      this.#differences = [space.scope(() => space.combine(undefined, undefined, Float64Array.of(span.h), [f0]))];
      [this.#order, this.#h, this.#equalSteps, this.#stale] = [1, span.h, 0, true];
    }
    const factor = span.h / this.#h;
    if (Math.abs(factor - 1) <= SAME_LENGTH) return;
    const old = this.#differences;
    const rows = regrid(this.#order, factor);
    this.#differences = space.scope(() => rows.map((row) => space.combine(undefined, undefined, row, old.slice(0, row.length))));
    this.#recycle(old);
    this.#h = span.h;
    this.#equalSteps = 0;
  }

  #recycle(states: readonly V[]): void {
    for (const state of states) this.#space.recycle(state);
  }

  /** The Jacobian where the step is foretold to lead. */
  #renew({ span, endTime, tolerances }: StepTrial<V>, predicted: V): void {
    if (!this.#fresh) this.#linearizer.linearize({ span: { ...span, t0: endTime }, y0: predicted, f0: undefined, tolerances });
    this.#fresh = true;
    this.#stale = false;
    this.#system = undefined;
  }

  #systemFor(coefficient: number): LinearSystem<V> | undefined {
    if (this.#system !== undefined && Math.abs(coefficient / this.#coefficient - 1) <= SAME_LENGTH) return this.#system;
    this.#coefficient = coefficient;
    this.#system = this.#linearizer.factor([[coefficient]]);
    return this.#system;
  }

  /** d with d = c f(t1, ŷ + d) − ψ, by Newton's iterations; undefined where they do not converge. */
  *#correct(
    { y0, endTime, tolerances }: StepTrial<V>,
    predicted: V,
    psi: V,
    coefficient: number,
    system: LinearSystem<V>,
  ): Generator<Reading, { d: V; iterations: number } | undefined, number> {
    const space = this.#space;
    const test = this.#newton.testOf(tolerances);
    const toResidual = this.#toResidual;
    toResidual[0] = coefficient;
    const start = space.scope(() => space.combine(undefined, undefined, NOTHING, [y0]));
    const result = yield* this.#newton.run([start], { y0, tolerances }, (d) => {
      const iterate = space.scope(() => {
        const y = space.combine(predicted, undefined, ONE, d);
        const slope = this.#f(endTime, y);
        const residual = space.combine(undefined, undefined, toResidual, [slope, psi, d[0]!]);
        return correct(space, system, d, [residual], y0, test, [y, slope]);
      });
      for (let i = 0; i < iterate.spent.length; i++) space.recycle(iterate.spent[i]!);
      return iterate;
    });
    const [d] = result.z;
    if (!result.converged) {
      space.recycle(d!);
      return undefined;
    }
    this.#stale = !this.#fresh && result.contraction > SLOW;
    return { d: d!, iterations: result.iterations };
  }

  /** The step's end, its error, and which order and length are best for the next. */
  *#finish(
    { span, y0, tolerances }: StepTrial<V>,
    predicted: V,
    psi: V,
    d: V,
    iterations: number,
  ): Generator<Reading, Attempt<V>, number> {
    const space = this.#space;
    const order = this.#order;
    const y1 = space.scope(() => space.combine(predicted, undefined, ONE, [d]));
    space.recycle(predicted);
    if (tolerances === undefined) {
      const nextOrder = this.#equalSteps >= order ? Math.min(order + 1, HIGHEST_ORDER) : order;
      this.#made = { differences: this.#advance(d), order, psi, h: span.h, nextOrder };
      return { y1, ratio: 0 };
    }
    const sizeOf = (state: V, scale: number) => space.scope(() => space.norm(scale, ONE, [state], y0, y1, tolerances));
    const first = sizeOf(d, this.#formulas[order]!.error);
    const ratio = typeof first === "number" ? first : yield first;
    // Fewer iterations left in reserve ask for a little less.
    const safety = (SAFETY * 17) / (16 + iterations);
    if (!(ratio <= 1)) {
      // Taken nevertheless where no shorter step is allowed.
      this.#made = { differences: this.#advance(d), order, psi, h: span.h, nextOrder: order };
      this.#equalSteps = 0;
      const shrink = Number.isFinite(ratio) ? Math.max(SMALLEST_FACTOR, safety * ratio ** (-1 / (order + 1))) : SMALLEST_FACTOR;
      return { y1, ratio, factor: Math.min(shrink, SAFETY) };
    }
    const differences = this.#advance(d);
    let [best, nextOrder] = [1, order];
    if (this.#equalSteps >= order) {
      best = ratio ** (-1 / (order + 1));
      for (const other of [order - 1, order + 1]) {
        const difference = differences[other];
        if (other < 1 || other > HIGHEST_ORDER || difference === undefined) continue;
        const reading = sizeOf(difference, this.#formulas[other]!.error);
        const size = typeof reading === "number" ? reading : yield reading;
        const factor = size ** (-1 / (other + 1));
        if (factor > best) [best, nextOrder] = [factor, other];
      }
      best = Math.min(LARGEST_FACTOR, safety * best);
      if (best < WORTHWHILE) nextOrder = order;
      if (best > SAFETY && best < WORTHWHILE) best = 1;
    }
    this.#made = { differences, order, psi, h: span.h, nextOrder };
    return { y1, ratio, factor: best };
  }

  /** The differences at the new point, of which d is that of order k + 1. */
  #advance(d: V): readonly V[] {
    const space = this.#space;
    const order = this.#order;
    return space.scope(() => {
      const next: V[] = [];
      const above = this.#differences[order];
      if (above !== undefined) next[order + 1] = space.combine(d, undefined, NEGATIVE, [above]);
      next[order] = d;
      for (let j = order - 1; j >= 0; j--) next[j] = space.combine(this.#differences[j]!, undefined, ONE, [next[j + 1]!]);
      return next;
    });
  }

  slopes(): readonly V[] {
    const made = this.#made;
    if (made === undefined || this.#slopes.length > 0) return this.#slopes;
    const space = this.#space;
    const inverse = Float64Array.of(1 / made.h);
    const count = this.dense.polynomials.length;
    this.#slopes = space.scope(() =>
      made.differences.slice(0, count).map((difference) => space.combine(undefined, undefined, inverse, [difference])),
    );
    return this.#slopes;
  }

  /** f(t1, y1), as the equation for d has it. */
  endSlope(): V | undefined {
    const made = this.#made;
    if (made === undefined) return undefined;
    const space = this.#space;
    const weights = this.#toSlope.fill(this.#formulas[made.order]!.alpha / made.h);
    return space.scope(() => space.combine(undefined, undefined, weights, [made.psi, made.differences[made.order]!]));
  }

  release(): void {
    this.#recycle(this.#slopes);
    this.#slopes = [];
    if (this.#made !== undefined) this.#space.recycle(this.#made.psi);
  }
}

const ALL_ONES = /* @__PURE__ */ new Float64Array(HIGHEST_ORDER).fill(1);
