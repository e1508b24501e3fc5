import type { Linearizer, LinearSystem } from "../../state/linearizer.js";
import { evaluatePolynomials } from "../../state/polynomials.js";
import type { PackedDynamics, Reading, StateSpace, StepSpan } from "../../state/state-space.js";
import type { Attempt, DenseOutput, Method, Stepper, StepTrial } from "../method.js";
import { collocation } from "./collocation.js";
import { invert } from "./invert.js";
import { Linearization, required } from "./linearization.js";
import { combineRows, correct } from "./newton.js";
import { radauNodes } from "./radau-nodes.js";
import { recordStages } from "./record-stages.js";

const ONE = /* @__PURE__ */ Float64Array.of(1);
/** All that the steps are made of; in a function, which a bundler drops where nobody takes such steps. */
const RADAU = /* @__PURE__ */ tables();

function tables() {
  const root6 = Math.sqrt(6);
  const nodes = radauNodes();
  const stages = collocation(nodes);
  const { coupling, dense } = stages;
  const rows = (matrix: readonly (readonly number[])[]) => matrix.map((row) => Float64Array.from(row));
  // Eigenvalues of A⁻¹: γ, α ± iβ.
  const gamma = 3 + 3 ** (2 / 3) - 3 ** (1 / 3);
  const [alpha, beta] = [3 + (3 ** (1 / 3) - 3 ** (2 / 3)) / 2, (3 ** (5 / 6) + 3 ** (7 / 6)) / 2];
  // 1/γ, and 1/(α − iβ) = a + ib.
  const real = 1 / gamma;
  const [a, b] = [alpha / (alpha ** 2 + beta ** 2), beta / (alpha ** 2 + beta ** 2)];
  return {
    nodes,
    dense,
    stages,
    real,
    a,
    b,
    /** The two systems that T leaves of the one: I − (h/γ) J, and I − h/(α − iβ) J as [[a, −b], [b, a]]. */
    systems: [
      [[real]],
      [
        [a, -b],
        [b, a],
      ],
    ],
    /** T, which brings A⁻¹ into real block-diagonal form, and its inverse. */
    transform: rows([
      [0.09443876248897524, -0.14125529502095421, 0.03002919410514742],
      [0.25021312296533332, 0.20412935229379994, -0.38294211275726192],
      [1, 1, 0],
    ]),
    inverse: rows([
      [4.178718591551904, 0.32768282076106237, 0.52337644549944951],
      [-4.178718591551904, -0.32768282076106237, 0.47662355450055044],
      [0.50287263494578682, -2.571926949855605, 0.59603920482822492],
    ]),
    /** Dense output at a step's end. */
    end: evaluatePolynomials(dense.polynomials, 1),
    /** Of the increments in the error estimate, times h/γ₀: an embedded method of order 3. */
    error: [(-13 - 7 * root6) / 3, (-13 + 7 * root6) / 3, -1 / 3],
    /** Slopes from increments: A⁻¹. */
    toSlopes: rows(invert(coupling)),
  };
}

/**
 * Steps of Radau IIA of order 5: three increments z = hA f(y0 + z) by simplified Newton iterations on systems that T uncouples into a real and a
 * complex one (Hairer & Wanner II, section IV.8).
 */
export class Radau5Stepper<V> implements Stepper<V> {
  readonly dense: DenseOutput;
  readonly #space: StateSpace<V>;
  readonly #f: PackedDynamics<V>;
  readonly #linearizer: Linearizer<V>;
  readonly #linearization: Linearization<V>;
  #trial: StepTrial<V> | undefined;
  #slopes: readonly V[] = [];
  /** The polynomial of the step before, which tells where to begin. */
  #before: { readonly span: StepSpan; readonly slopes: readonly V[] } | undefined;
  /** The step tried last. */
  #last: { readonly span: StepSpan; readonly slopes: readonly V[] } | undefined;

  constructor(
    method: Method & { readonly dense: DenseOutput },
    space: StateSpace<V>,
    f: PackedDynamics<V>,
    linearizer: Linearizer<V> | undefined,
  ) {
    this.dense = method.dense;
    this.#space = space;
    this.#f = f;
    this.#linearizer = required(method.name, linearizer);
    this.#linearization = new Linearization(space, this.#linearizer, true);
  }

  attempt(trial: StepTrial<V>): Generator<Reading, Attempt<V>, number> {
    this.#slopes = [];
    this.#trial = trial;
    this.#look(trial.after);
    return this.#linearization.attempt(trial, RADAU.systems, (systems) => this.#solve(trial, systems));
  }

  *#solve(trial: StepTrial<V>, systems: readonly LinearSystem<V>[]): Generator<Reading, Attempt<V> | undefined, number> {
    const { span, y0, endTime, tolerances } = trial;
    const space = this.#space;
    const { h, t0 } = span;
    const times = [t0 + RADAU.nodes[0]! * h, t0 + RADAU.nodes[1]! * h, endTime];
    const test = this.#linearization.newton.testOf(tolerances);
    const [real, complex] = systems as [LinearSystem<V>, LinearSystem<V>];
    /** What is solved for, W = T⁻¹ Z: I − hΛ ⊗ J for each, right sides hΛ (T⁻¹ F) − W. */
    const both: LinearSystem<V> = { solve: ([a, b, c]) => [...real.solve([a!]), ...complex.solve([b!, c!])] };
    const toResidual = [
      Float64Array.of(h * RADAU.real, -1),
      Float64Array.of(h * RADAU.a, -h * RADAU.b, -1),
      Float64Array.of(h * RADAU.b, h * RADAU.a, -1),
    ] as const;
    const result = yield* this.#linearization.newton.run(this.#guess(trial), trial, (w) => {
      const iterate = space.quietly(() => {
        const stages = RADAU.transform.map((row) => space.combine(y0, undefined, row, w));
        const slopes = stages.map((y, i) => this.#f(times[i]!, y));
        const parts = combineRows(space, RADAU.inverse, slopes);
        const residual = [
          space.combine(undefined, undefined, toResidual[0], [parts[0]!, w[0]!]),
          space.combine(undefined, undefined, toResidual[1], [parts[1]!, parts[2]!, w[1]!]),
          space.combine(undefined, undefined, toResidual[2], [parts[1]!, parts[2]!, w[2]!]),
        ];
        return correct(space, both, w, residual, y0, test, [...stages, ...slopes, ...parts]);
      });
      for (let i = 0; i < iterate.spent.length; i++) space.recycle(iterate.spent[i]!);
      return iterate;
    });
    const w = result.z;
    if (!result.converged) {
      for (const state of w) space.recycle(state);
      return undefined;
    }
    this.#linearization.learn(result);
    const made = space.quietly(() => {
      const z = combineRows(space, RADAU.transform, w);
      const slopes = combineRows(space, RADAU.toSlopes, z, 1 / h);
      return { y1: space.combine(y0, undefined, ONE, [z[2]!]), z, slopes };
    });
    for (const state of w) space.recycle(state);
    const ratio = tolerances === undefined ? 0 : yield* this.#error(trial, made.y1, made.z, real);
    for (const state of made.z) space.recycle(state);
    this.#slopes = made.slopes;
    this.#last = { span, slopes: made.slopes };
    return { y1: made.y1, ratio };
  }

  /**
   * (I − (h/γ) J)⁻¹ of the embedded method's error; once more at y0 + error where that is too large for the first step or after a rejection, since
   * the first one overrates stiff modes there (Hairer & Wanner II, eq. IV.8.20).
   */
  *#error(trial: StepTrial<V>, y1: V, z: readonly V[], real: LinearSystem<V>): Generator<Reading, Reading, number> {
    const { span, y0, f0, after } = trial;
    const tolerances = trial.tolerances!;
    const space = this.#space;
    const weights = Float64Array.of(span.h * RADAU.real, ...RADAU.error.map((weight) => weight * RADAU.real));
    const measure = (slope: V) =>
      space.quietly(() => {
        const [error] = real.solve([space.combine(undefined, undefined, weights, [slope, ...z])]);
        return { error: error!, size: space.norm(1, ONE, [error!], y0, y1, tolerances) };
      });
    const first = measure(f0);
    const size = typeof first.size === "number" ? first.size : yield first.size;
    if (size <= 1 || after === "step" || !Number.isFinite(size)) {
      space.recycle(first.error);
      return size;
    }
    const slope = space.quietly(() => {
      const displaced = space.combine(y0, undefined, ONE, [first.error]);
      return { displaced, slope: this.#f(span.t0, displaced) };
    });
    const second = measure(slope.slope);
    for (const state of [first.error, second.error, slope.displaced, slope.slope]) space.recycle(state);
    return typeof second.size === "number" ? second.size : yield second.size;
  }

  /** W where the polynomial of the step before goes on to; 0 where there is none. */
  #guess({ span, y0 }: StepTrial<V>): readonly V[] {
    const space = this.#space;
    const before = this.#before;
    return space.quietly(() => {
      if (before === undefined) return RADAU.inverse.map(() => space.combine(undefined, undefined, Float64Array.of(0), [y0]));
      const { h } = before.span;
      const { end } = RADAU;
      const z = RADAU.nodes.map((node) => {
        const there = evaluatePolynomials(RADAU.dense.polynomials, 1 + (node * span.h) / h);
        return space.combine(
          undefined,
          before.span,
          there.map((weight, i) => weight - end[i]!),
          before.slopes,
        );
      });
      return combineRows(space, RADAU.inverse, z);
    });
  }

  /** Keeps the polynomial of the last accepted step, from whose end the next goes on. */
  #look(after: StepTrial<V>["after"]): void {
    const [kept, gone] =
      after === "step" ? [this.#last, this.#before] : [after === "start" ? undefined : this.#before, this.#last];
    for (const slope of gone?.slopes ?? []) this.#space.recycle(slope);
    if (after === "start") for (const slope of this.#before?.slopes ?? []) this.#space.recycle(slope);
    this.#before = kept;
    this.#last = undefined;
  }

  record(): V {
    const made = { stages: RADAU.stages, space: this.#space, f: this.#f, linearizer: this.#linearizer };
    const { slopes, y1 } = recordStages(made, this.#trial!, this.#slopes);
    this.#slopes = slopes;
    return y1;
  }

  slopes(): readonly V[] {
    return this.#slopes;
  }

  endSlope(): undefined {
    return undefined;
  }

  /** The slopes stay for the next guess, but recorded ones; the next attempt knows whether they serve. */
  release(): void {
    if (this.#slopes !== this.#last?.slopes) for (const slope of this.#slopes) this.#space.recycle(slope);
    this.#slopes = [];
  }
}
