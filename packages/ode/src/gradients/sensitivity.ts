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
import { RateWatch } from "./rate-watch.js";

/** Part of each direction that has all modes, so that a mode which was unimportant until now is found when it grows. */
export const NOISE = 0.05;
export const TINY = 1e-30;
const GOLDEN = (1 + Math.sqrt(5)) / 2;
/**
 * The derivative of one step may miss that of the solution by this many rtol: what a solve of some steps within rtol comes to in the end.
 * No finer than float32 states are.
 */
const SHARE_OF_RTOL = 10;
const FINEST = 1e-5;

/** Up to which h ρ the derivative of a step follows that of the solution as closely as the tolerances ask. */
export const gradientReach = (method: Method, { rtol }: Tolerances): number =>
  faithfulReach(method, SHARE_OF_RTOL * Math.max(rtol, FINEST));

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
  const watch = new RateWatch(gradientReach(method, tolerances), minStep);
  let spread: Tensor[] | undefined;
  let direction: Tensor[] | undefined;

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
    const looking = watch.longestStep(wanted);
    let next = looking.next();
    while (!next.done) next = looking.next(yield* estimate(t, y));
    return next.value;
  };
}

const lengthOf = (state: readonly Tensor[]): Tensor =>
  sqrt(state.map((leaf) => sum(square(leaf))).reduce((total, term) => add(total, term)));

/**
 * A state of length about 1 that has a part of every mode: a chirp at the golden ratio, whose spectrum is flat. A generator of random numbers would
 * be a tenth of a small program.
 */
export function chirp(like: readonly Tensor[]): Tensor[] {
  const size = like.reduce((total, leaf) => total + leaf.size, 0);
  const scale = Math.sqrt(2 / Math.max(1, size));
  let first = 0;
  return like.map((leaf) => {
    const values = Float32Array.from({ length: leaf.size }, (_, i) => scale * Math.cos(Math.PI * GOLDEN * (first + i) ** 2));
    first += leaf.size;
    return tensor(values, leaf.shape, "float32");
  });
}
