import { add, div, maximum, mul, type Scalar, sqrt, square, sum, type Tensor, tensor, zerosLike } from "@tensorflow/tfjs-core";
import type { Method } from "../methods/method.js";
import { faithfulReach } from "../methods/stability.js";
import type { PackedDynamics, Reading } from "../state/state-space.js";
import { offTape, pullBack } from "../state/tape.js";
import type { TensorSpace } from "../state/tensor-space.js";
import type { Statistics } from "../status.js";
import type { LongestStep } from "../stepping/problem.js";
import type { Tolerances } from "../types.js";
import { packTensors } from "./packing.js";

/** Estimates at the start, at most, and the change at which they count as settled. */
const FIRST_ESTIMATES = 6;
const SETTLED = 0.1;
/** A rate that grew by this factor from one step to the next is not settled yet. */
const SURPRISE = 1.5;
const MORE_ESTIMATES = 2;
/** While steps are shorter than this share of the limit and hardly grow, the rate is looked at every few steps only. */
const RELAXED_SHARE = 0.4;
const RELAXED_STEPS = 4;
const RELAXED_GROWTH = 2;
/** The same where the last two estimates were about equal. */
const SETTLED_STEPS = 2;
/** Part of each direction that has all modes, so that a mode which was unimportant until now is found when it grows. */
const NOISE = 0.05;
const TINY = 1e-30;
const GOLDEN = (1 + Math.sqrt(5)) / 2;
/**
 * The derivative of one step may miss that of the solution by this many rtol: what a solve of some steps within rtol comes to in the end.
 * No finer than float32 states are.
 */
const SHARE_OF_RTOL = 10;
const FINEST = 1e-5;

/**
 * How long a step may be if a gradient is to go through it. The error test sees only the state: where that rests (f near 0) the test passes
 * whatever the step, and beyond the method's stability region the step's derivative grows where the solution's decays. So the step is kept
 * within the reach h ρ in which the derivative of a step follows that of the solution to ten times rtol. ρ, the rate of the fastest mode, comes from a
 * power iteration on (∂f/∂y)ᵀ, as in stabilised methods (Verwer, Sommeijer & Hundsdorfer, RKC, J. Comput. Phys. 201 (2004), section 3),
 * which is carried on from step to step: about one vector-Jacobian product a step, counted in `nfeBackward`.
 */
export function sensitivityLimit(
  space: TensorSpace,
  f: PackedDynamics<Tensor[]>,
  leaves: readonly Tensor[],
  method: Method,
  { tolerances, minStep }: { readonly tolerances: Tolerances; readonly minStep: number },
  statistics: Statistics,
): LongestStep<Tensor[]> {
  const reach = faithfulReach(method, SHARE_OF_RTOL * Math.max(tolerances.rtol, FINEST));
  let spread: Tensor[] | undefined;
  let direction: Tensor[] | undefined;
  let rate = 0;
  let isSettled = false;
  let age = 0;
  let looked = 0;

  /**
   * Two iterations: replaces the direction v and yields √(|Jᵀ Jᵀ v| / |v|). One alone would tell of an oscillation y″ = −ω² y now 1, now ω²,
   * where the rate is ω.
   */
  function* estimate(t: number, y: Tensor[]): Generator<Reading, number, number> {
    statistics.nfeBackward += 2;
    spread ??= space.scope(() => chirp(leaves));
    const noise = spread;
    const start = direction ?? noise;
    const { next, growth } = space.scope(() =>
      offTape(() => {
        const once = iterate(t, y, start);
        const twice = iterate(t, y, once.image);
        const next = twice.image.map((leaf, m) => add(leaf, mul(noise[m]!, NOISE)));
        return { next, growth: sqrt(mul(once.growth, twice.growth)) as Scalar };
      }),
    );
    if (direction !== undefined) space.dispose(direction);
    direction = next;
    return yield growth;
  }

  /** Jᵀ v at length 1, and |Jᵀ v| / |v|. */
  function iterate(t: number, y: Tensor[], v: Tensor[]): { image: Tensor[]; growth: Tensor } {
    const { gradients } = pullBack(() => packTensors(f(t, y)), y, packTensors(v));
    const image = y.map((leaf, m) => gradients[m] ?? zerosLike(leaf));
    const length = lengthOf(image);
    return { image: image.map((leaf) => div(leaf, maximum(length, TINY))), growth: div(length, maximum(lengthOf(v), TINY)) };
  }

  return function* longestStep(t, y, wanted) {
    const first = direction === undefined;
    const mayWait = wanted * rate <= RELAXED_SHARE * reach ? RELAXED_STEPS : isSettled ? SETTLED_STEPS : 1;
    if (!first && ++age < mayWait && wanted <= RELAXED_GROWTH * looked) return Math.max(minStep, reach / rate);
    age = 0;
    looked = wanted;
    let current = yield* estimate(t, y);
    let previous = first ? current : rate;
    const estimates = first ? FIRST_ESTIMATES : current > SURPRISE * rate ? MORE_ESTIMATES : 1;
    for (let k = 1; k < estimates; k++) {
      previous = current;
      current = yield* estimate(t, y);
      if (Math.abs(current - previous) <= SETTLED * current) break;
    }
    isSettled = Math.abs(current - previous) <= SETTLED * current;
    rate = current;
    // Of two estimates the larger: those of a pair of complex modes rise and fall in turns.
    const limit = reach / Math.max(current, Math.min(previous, SURPRISE * current));
    // Where the Jacobian is not finite no step helps; the gradient will say so.
    return Number.isFinite(limit) ? Math.max(minStep, limit) : Number.POSITIVE_INFINITY;
  };
}

const lengthOf = (state: readonly Tensor[]): Tensor =>
  sqrt(state.map((leaf) => sum(square(leaf))).reduce((total, term) => add(total, term)));

/**
 * A state of length about 1 that has a part of every mode: a chirp at the golden ratio, whose spectrum is flat. A generator of random numbers would
 * be a tenth of a small program.
 */
function chirp(like: readonly Tensor[]): Tensor[] {
  const size = like.reduce((total, leaf) => total + leaf.size, 0);
  const scale = Math.sqrt(2 / Math.max(1, size));
  let first = 0;
  return like.map((leaf) => {
    const values = Float32Array.from({ length: leaf.size }, (_, i) => scale * Math.cos(Math.PI * GOLDEN * (first + i) ** 2));
    first += leaf.size;
    return tensor(values, leaf.shape, "float32");
  });
}
