import { adjoint } from "./gradients/adjoint.js";
import { checkAdjoint } from "./input/check-adjoint.js";
import type { AdjointOptions, PerSampleOptions } from "./input/options.js";
import { METHODS } from "./methods/index.js";
import { adjointSamples } from "./samples/adjoint-samples.js";
import { checkAdjointSamples, wantsSamples, withoutSamples } from "./samples/check-samples.js";
import type { AnyState, AnyTimes, Dynamics, SampleDynamics, SampleTimes, Stacked, TimeOf } from "./types.js";

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
  options?: AdjointOptions<A, S>,
): Stacked<S>;
/**
 * The same for each row of a batch on its own, as `odeint` does it, and each row integrates backward with steps of its own. The error test of those looks
 * at y and its adjoint; the integrals that become gradients of parameters follow on the same steps.
 */
export function odeintAdjoint<const S extends AnyState, A = undefined>(
  f: SampleDynamics<S, A>,
  y0: S,
  t: SampleTimes,
  options: AdjointOptions<A, S> & PerSampleOptions<A>,
): Stacked<S>;
export function odeintAdjoint(f: unknown, y0: unknown, t: unknown, options: unknown = {}): unknown {
  if (wantsSamples("odeintAdjoint", options)) {
    const { call, backward } = checkAdjointSamples(f, y0, t, options, METHODS);
    return adjointSamples(call, backward);
  }
  const { checked, backward } = checkAdjoint(f, y0, t, withoutSamples(options), METHODS);
  return adjoint(checked, () => backward);
}
