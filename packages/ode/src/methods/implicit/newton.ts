import type { LinearSystem } from "../../state/linearizer.js";
import type { ErrorTest, Reading, StateSpace } from "../../state/state-space.js";
import type { Tolerances } from "../../types.js";
import type { StepTrial } from "../method.js";

const ONE = /* @__PURE__ */ Float64Array.of(1);
const PLAIN: Tolerances = { rtol: 0, atol: 1 };

/** An iteration is done when what is left of it is this share of the error that a step may have (Hairer & Wanner II, section IV.8: κ). */
const SHARE = 0.03;
/** However fast the iterations of the step before, one alone is enough only where its correction is about as small as errors may be. */
const LEAST_REMAINDER = 0.01;
/** Iterations before a step is given up where an error test could shorten it, and where nothing can. */
const MOST = 8;
const MOST_OF_GIVEN_STEPS = 50;
/** So many iterations of given steps may grow. */
const PATIENCE = 3;
/** Corrections of this many units of rounding, relative to the state, are what given steps are solved to: in float32, where they add up to something, of one. */
const ROUNDING = 8;
const ROUNDING_IN_FLOAT32 = 1;

/** What is left after one iteration, z and the correction that led to it. */
export interface Iterate<V> {
  readonly z: readonly V[];
  /** Norms of the corrections, in units of what a step's error may be; the largest counts. */
  readonly sizes: readonly Reading[];
}

/** What an iteration came to. */
export interface NewtonResult<V> {
  readonly z: readonly V[];
  readonly converged: boolean;
  readonly iterations: number;
  /** By how much an iteration shrinks its corrections, estimated; 0 where one was enough. */
  readonly contraction: number;
}

/** Decides when simplified Newton iterations are done: those of one solve, whose earlier ones tell how fast the next will converge. */
export class NewtonControl<V> {
  readonly #space: StateSpace<V>;
  /** θ/(1 − θ) of the iteration before, by which the first correction of the next is judged. */
  #remainder = 1;
  readonly #rounding: number;

  constructor(space: StateSpace<V>) {
    this.#space = space;
    this.#rounding = space.epsilon * (space.epsilon > Number.EPSILON ? ROUNDING_IN_FLOAT32 : ROUNDING);
  }

  /** What corrections are measured in: the error test, or plain norms where there is none. */
  testOf(tolerances: ErrorTest<V> | undefined): ErrorTest<V> {
    return tolerances ?? PLAIN;
  }

  /**
   * Iterates until what is left is small beside the error test, or rounding stands in the way.
   *
   * @param start first guess, taken over
   * @param next the next iterate from one, which it leaves alone
   */
  *run(
    start: readonly V[],
    { y0, tolerances }: Pick<StepTrial<V>, "y0" | "tolerances">,
    next: (z: readonly V[]) => Iterate<V>,
  ): Generator<Reading, NewtonResult<V>, number> {
    const adaptive = tolerances !== undefined;
    const most = adaptive ? MOST : MOST_OF_GIVEN_STEPS;
    let enough = adaptive ? SHARE : this.#rounding * (yield* this.#size(y0));
    let z = start;
    let previous = Number.NaN;
    let contraction = 0;
    let remainder = Math.max(this.#remainder, LEAST_REMAINDER) ** 0.8;
    for (let k = 1; ; k++) {
      const iterate = next(z);
      let size = 0;
      for (let i = 0; i < iterate.sizes.length; i++) {
        const reading = iterate.sizes[i]!;
        const one = typeof reading === "number" ? reading : yield reading;
        if (!(one <= size)) size = one;
      }
      for (let i = 0; i < z.length; i++) this.#space.recycle(z[i]!);
      z = iterate.z;
      if (!Number.isFinite(size)) return { z, converged: false, iterations: k, contraction: Number.POSITIVE_INFINITY };
      // Of a state that is 0, the first correction tells how large it becomes.
      if (enough === 0) enough = this.#rounding * size;
      if (k > 1) {
        const ratio = size / previous;
        contraction = k > 2 ? Math.sqrt(ratio * contraction) : ratio;
        // Corrections that no longer shrink are rounding where they are small, and no convergence where they are not.
        if (ratio >= 1 && k > 2 && !adaptive && size < 1e4 * enough) return { z, converged: true, iterations: k, contraction };
        // A step that nothing can shorten is given time to find its way.
        if (contraction >= 0.99 && (adaptive || k > PATIENCE)) return { z, converged: false, iterations: k, contraction };
        remainder = contraction < 1 ? contraction / (1 - contraction) : Number.POSITIVE_INFINITY;
        // Close to the end, what is foretold is trusted: the iterations that are left would not do.
        if (adaptive && k >= most - 3 && remainder * contraction ** (most - k) * size > enough)
          return { z, converged: false, iterations: k, contraction };
      }
      if (size === 0 || remainder * size <= enough) {
        this.#remainder = remainder;
        return { z, converged: true, iterations: k, contraction };
      }
      if (k === most) return { z, converged: false, iterations: k, contraction };
      previous = size;
    }
  }

  *#size(state: V): Generator<Reading, number, number> {
    const reading = this.#space.quietly(() => this.#space.norm(1, ONE, [state], state, state, PLAIN));
    return typeof reading === "number" ? reading : yield reading;
  }

  /** Forgets how fast the iterations converged: the Jacobian is another. */
  reset(): void {
    this.#remainder = 1;
  }
}

/**
 * One iteration: z − (I − C ⊗ J)⁻¹ residual, and how large the correction is. Call it in a scope.
 *
 * @param used states that the iteration has made and does not need any more: they come back among the spent ones
 */
export function correct<V>(
  space: StateSpace<V>,
  system: LinearSystem<V>,
  z: readonly V[],
  residual: readonly V[],
  y0: V,
  test: ErrorTest<V>,
  used: readonly V[],
): Iterate<V> & { readonly spent: readonly V[] } {
  const corrections = system.solve(residual);
  const better: V[] = [];
  const sizes: Reading[] = [];
  const spent = [...used];
  // Plain loops and no arrays but these: in float64 a right-hand side may cost less than an object.
  for (let i = 0; i < corrections.length; i++) {
    const term = [corrections[i]!];
    better.push(space.combine(z[i]!, undefined, ONE, term));
    sizes.push(space.norm(1, ONE, term, y0, y0, test));
    spent.push(corrections[i]!);
  }
  return { z: better, sizes, spent };
}

/** The states that rows of weights make of others, times `scale`. Call it in a scope. */
export function combineRows<V>(space: StateSpace<V>, rows: readonly Float64Array[], states: readonly V[], scale = 1): V[] {
  return rows.map((row) => space.combine(undefined, undefined, scale === 1 ? row : row.map((weight) => weight * scale), states));
}

const ONE_LESS = /* @__PURE__ */ Float64Array.of(1, -1);

/** a − b. Call it in a scope. */
export const difference = <V>(space: StateSpace<V>, a: V, b: V): V => space.combine(undefined, undefined, ONE_LESS, [a, b]);
