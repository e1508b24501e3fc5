import { runFit } from "./fit/run-fit.js";
import type { DataSet, Fit, FitOptions } from "./fit/types.js";
import { type AdaptiveMethodName, METHODS } from "./methods/index.js";
import type { ParametricDynamics } from "./sensitivities/options.js";
import type { AnyFloat64State } from "./types.js";

/**
 * Fits the parameters of y′ = f(t, y, p) to observations: least Σ ((y − value) / sigma)² over all data sets, by damped Gauss–Newton steps
 * (Levenberg–Marquardt) on the sensitivities of each solve, within bounds where they are given. Finds the least sum near where it starts: of an
 * oscillation, start with the right number of periods. Rejects parameters whose solve fails. Other work runs between iterations.
 *
 * @param f dy/dt, shaped as y
 * @param parameters where to start: numbers and Float64Arrays, in arrays and records at will
 * @param data what was observed in one run, or in several
 * @returns parameters with their standard errors, and how the fit ended: see `status`
 * @throws OdeError on bad input, and where the solve with the first parameters does not reach the last observation; AbortError after `signal`
 *
 * @example
 * const { parameters } = await fit((t, y, { rate }) => -rate * y, { rate: 1 }, { y0: 1, t: [1, 2], values: [0.61, 0.37] });
 */
export async function fit<const S extends AnyFloat64State, const P extends AnyFloat64State>(
  f: ParametricDynamics<NoInfer<S>, NoInfer<P>>,
  parameters: P,
  data: DataSet<S, P> | readonly DataSet<S, P>[],
  options: FitOptions<S, P, AdaptiveMethodName> = {},
): Promise<Fit<P>> {
  return (await runFit("fit", [f, parameters, data, options], METHODS)) as Fit<P>;
}
