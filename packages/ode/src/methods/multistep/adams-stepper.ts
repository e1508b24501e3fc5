import type { PackedDynamics, StateSpace } from "../../state/state-space.js";
import { cubicHermite, straightLine } from "../explicit/dense-output.js";
import { invert } from "../implicit/invert.js";
import type { Attempt, DenseOutput, Stepper, StepTrial } from "../method.js";

/** Slopes that a step is made of. */
const SLOPES = 4;
const HALF = /* @__PURE__ */ Float64Array.of(0.5);
const ONE = /* @__PURE__ */ Float64Array.of(1);
const CLASSIC = /* @__PURE__ */ [1, 2, 2, 1].map((weight) => weight / 6);

/** What a step was made of: y1 = y0 + h Σ weights · slopes. */
interface Made<V> {
  readonly slopes: V[];
  readonly weights: readonly number[];
}

/** Steps of Adams' methods of order 4 on points at any distance; the first three by the classic Runge–Kutta method of that order. */
export class AdamsStepper<V> implements Stepper<V> {
  readonly #space: StateSpace<V>;
  readonly #f: PackedDynamics<V>;
  readonly #corrections: number;
  readonly #straight: boolean;
  /** Earlier slopes, the last first, that belong to the stepper. */
  #history: readonly { readonly t: number; readonly slope: V }[] = [];
  #made: Made<V> | undefined;
  #f0: V | undefined;
  #current: { readonly t: number; readonly slope: V } | undefined;
  #y1: V | undefined;
  #endTime = 0;
  #endSlope: V | undefined;

  /** @param corrections how often the explicit formula's value is corrected by the implicit one; 0: never */
  constructor(corrections: number, straight: boolean, space: StateSpace<V>, f: PackedDynamics<V>) {
    this.#space = space;
    this.#f = f;
    this.#corrections = corrections;
    this.#straight = straight;
  }

  attempt(trial: StepTrial<V>): Attempt<V> {
    const { span, endTime, f0 } = trial;
    const space = this.#space;
    this.#remember(trial);
    const made = this.#history.length < SLOPES - 1 ? this.#start(trial) : this.#advance(trial);
    this.#current = { t: span.t0, slope: space.scope(() => space.clone(f0)) };
    [this.#made, this.#f0, this.#y1, this.#endTime] = [made, f0, made.y1, endTime];
    return { y1: made.y1, ratio: 0 };
  }

  #remember({ after }: StepTrial<V>): void {
    const known = after === "start" || this.#current === undefined ? [] : [this.#current, ...this.#history];
    const kept = after === "rejection" ? this.#history : known.slice(0, SLOPES - 1);
    for (const entry of [this.#current, ...this.#history])
      if (entry !== undefined && !kept.includes(entry)) this.#space.recycle(entry.slope);
    this.#history = kept;
    this.#current = undefined;
  }

  /** The classic Runge–Kutta step. */
  #start({ span, endTime, y0, f0 }: StepTrial<V>): Made<V> & { readonly y1: V } {
    const space = this.#space;
    return space.scope(() => {
      const slopes = [f0];
      for (const [weight, t] of [
        [HALF, span.t0 + span.h / 2],
        [HALF, span.t0 + span.h / 2],
        [ONE, endTime],
      ] as const) {
        const stage = space.combine(y0, span, weight, [slopes.at(-1)!]);
        slopes.push(this.#f(t, stage));
        space.recycle(stage);
      }
      return { slopes, weights: CLASSIC, y1: space.combine(y0, span, Float64Array.from(CLASSIC), slopes) };
    });
  }

  /** By the polynomial through the last slopes, and then with that at t1 among them. */
  #advance({ span, endTime, y0, f0 }: StepTrial<V>): Made<V> & { readonly y1: V } {
    const space = this.#space;
    const { t0, h } = span;
    const nodes = [0, ...this.#history.map(({ t }) => (t - t0) / h)];
    const slopes = [f0, ...this.#history.map(({ slope }) => slope)];
    let weights = integralWeights(nodes);
    let y1 = space.scope(() => space.combine(y0, span, Float64Array.from(weights), slopes));
    for (let k = 0; k < this.#corrections; k++) {
      const end = space.scope(() => this.#f(endTime, y1));
      if (k > 0) space.recycle(slopes.pop()!);
      else [weights, slopes.length] = [integralWeights([...nodes.slice(0, -1), 1]), nodes.length - 1];
      slopes.push(end);
      space.recycle(y1);
      y1 = space.scope(() => space.combine(y0, span, Float64Array.from(weights), slopes));
    }
    return { slopes, weights, y1 };
  }

  get dense(): DenseOutput {
    const weights = this.#made?.weights ?? CLASSIC;
    return this.#straight ? straightLine(weights) : cubicHermite(weights, false);
  }

  slopes(): readonly V[] {
    const slopes = this.#made?.slopes ?? [];
    if (this.#straight) return slopes;
    this.#endSlope ??= this.#space.scope(() => this.#f(this.#endTime, this.#y1!));
    return [...slopes, this.#endSlope];
  }

  endSlope(): V | undefined {
    return this.#endSlope;
  }

  /** Earlier slopes stay. */
  release(kept?: V): void {
    const own = [this.#f0, ...this.#history.map(({ slope }) => slope)];
    for (const slope of [...(this.#made?.slopes ?? []), this.#endSlope])
      if (slope !== undefined && slope !== kept && !own.includes(slope)) this.#space.recycle(slope);
    [this.#made, this.#endSlope] = [undefined, undefined];
  }
}

/** The weights by which slopes at nodes give the integral from 0 to 1 of the polynomial through them: Σ wᵢ xᵢᵐ = 1/(m + 1). */
export function integralWeights(nodes: readonly number[]): number[] {
  const inverse = invert(nodes.map((_, m) => nodes.map((node) => node ** m)));
  return inverse.map((row) => row.reduce((sum, value, m) => sum + value / (m + 1), 0));
}
