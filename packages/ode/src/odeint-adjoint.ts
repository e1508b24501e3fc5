import { adjoint } from "./gradients/adjoint.js";
import { checkAdjoint } from "./input/check-adjoint.js";
import type { AdjointOptions } from "./input/options.js";
import { METHODS } from "./methods/index.js";
import type { AnyState, AnyTimes, Dynamics, Stacked, TimeOf } from "./types.js";

/**
 * The same values as `odeint`; the gradient comes from integrating the adjoint equation backward in time, so that memory does not grow
 * with the number of steps. Gradients reach y0, tensors in `args`, trainable tf.Variables that f reads, and t when it is a tensor; not
 * other tensors that f closes over (those are disposed before the gradient is computed: pass them as `args`). First order only.
 *
 * A dissipative equation can't be integrated backward. Where the state reconstructed on the way misses a stored output, the gradient is
 * taken through stored states instead, and `onStatistics` receives a `fallback` that says where and why.
 */
export function odeintAdjoint<const S extends AnyState, const T extends AnyTimes, A = undefined>(
  f: Dynamics<S, A, TimeOf<T>>,
  y0: S,
  t: T,
  options: AdjointOptions<A, S> = {},
): Stacked<S> {
  const { checked, backward } = checkAdjoint(f, y0, t, options, METHODS);
  return adjoint(checked, () => backward) as Stacked<S>;
}
