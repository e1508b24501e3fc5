/**
 * The solvers in float64 alone, on numbers and Float64Arrays: `import { odeint } from "@latentflow/ode/float64"`. The same functions as those of
 * `@latentflow/ode`, to the same bits, without tfjs: for programs that must be small. Here `fehlberg2`, `ssprk33`, the methods of order 8 and the implicit
 * ones have no name: import `verner8` or `radau5` as well, and give it as `method`.
 */

import { OdeError } from "./errors.js";
import { findNumberEvent, findNumberEventAsync } from "./events/number-event.js";
import { solveNumberEvents, solveNumberEventsAsync } from "./events/number-events.js";
import { runFit } from "./fit/run-fit.js";
import type { DataSet, Fit, FitOptions } from "./fit/types.js";
import { checkOdeint, checkSolve } from "./input/check-calls.js";
import { checkEvent } from "./input/check-event.js";
import { checkEvents } from "./input/check-events.js";
import type { EventOptions, EventResult } from "./input/event-options.js";
import type { EventsOptions, EventsResult } from "./input/events-options.js";
import { float64Problem } from "./input/float64-problem.js";
import type { CommonOptions, OutputStepOptions, SolveOptions, StepOptions } from "./input/options.js";
import { COMPACT_METHODS } from "./methods/compact.js";
import type { IMPLICIT_METHODS } from "./methods/implicit/index.js";
import type { AdaptiveMethodName } from "./methods/index.js";
import type { ParametricDynamics, Sensitivities, SensitivitiesOf, SensitivityOptions } from "./sensitivities/options.js";
import { solveSensitivities } from "./sensitivities/solve-sensitivities.js";
import { solveNumbers, solveNumbersAsync } from "./solution/numbers.js";
import { solveOutputs } from "./solution/outputs.js";
import type { Solution } from "./solution/solution.js";
import type { AnyFloat64State, Dynamics, Stacked, Times } from "./types.js";

export { OdeError } from "./errors.js";
export type { DataSet, Fit, FitOptions, FitProgress, FitStatus, Observations } from "./fit/types.js";
export type { EventFunction, EventOptions, EventResult } from "./input/event-options.js";
export type { EventOccurrences, EventsOptions, EventsResult, WatchedEvent } from "./input/events-options.js";
export type {
  AdaptiveStepOptions,
  CommonOptions,
  ConstantStepOptions,
  GridOptions,
  OutputStepOptions,
  SolveOptions,
  StepOptions,
} from "./input/options.js";
export { COMPACT_METHODS as METHODS } from "./methods/compact.js";
export { dopri8 } from "./methods/explicit/dopri8.js";
export { explicitMethod } from "./methods/explicit/explicit-method.js";
export { fehlberg2 } from "./methods/explicit/fehlberg2.js";
export { ssprk33 } from "./methods/explicit/ssprk33.js";
export type { ExplicitMethod, Tableau } from "./methods/explicit/tableau.js";
export { verner8 } from "./methods/explicit/verner8.js";
export { gl4, gl6 } from "./methods/implicit/gauss.js";
export { implicitEuler } from "./methods/implicit/implicit-euler.js";
export { implicitMidpoint } from "./methods/implicit/implicit-midpoint.js";
export { kvaerno3 } from "./methods/implicit/kvaerno3.js";
export { kvaerno5 } from "./methods/implicit/kvaerno5.js";
export { radauIIA3, radauIIA5 } from "./methods/implicit/radau-iia.js";
export { radau5 } from "./methods/implicit/radau5.js";
export { rodas5p } from "./methods/implicit/rodas5p.js";
export { sdirk2 } from "./methods/implicit/sdirk2.js";
export { trapezoid } from "./methods/implicit/trapezoid.js";
export { trbdf2 } from "./methods/implicit/trbdf2.js";
export type { AdaptiveMethodName, FixedMethodName, MethodName } from "./methods/index.js";
export type { Attempt, DenseOutput, Method, Stepper, StepTrial } from "./methods/method.js";
export { explicitAdams, implicitAdams } from "./methods/multistep/adams.js";
export { bdf } from "./methods/multistep/bdf.js";
export { auto } from "./methods/switching/auto.js";
export type { ForEachNumber } from "./sensitivities/for-each-number.js";
export type {
  DerivativeOptions,
  ParametricDynamics,
  Sensitivities,
  SensitivitiesOf,
  SensitivityOptions,
} from "./sensitivities/options.js";
export type { ResumeOptions, Solution } from "./solution/solution.js";
export type { ErrorTest, PackedDynamics, Reading, StateSpace, StepSpan } from "./state/state-space.js";
export type { Progress, Statistics, Status, StatusKind } from "./status.js";
export type { ControllerCoefficients, ControllerName } from "./stepping/controller.js";
export type { Dynamics, Float64State, ScalarOf, Slope, Stacked, StateOf, Times, Tolerance } from "./types.js";

/** Methods that choose their steps and have a name here; others are given themselves. */
type KnownByName = Exclude<
  AdaptiveMethodName,
  "fehlberg2" | "dopri8" | "verner8" | "bdf" | "auto" | keyof typeof IMPLICIT_METHODS
>;

/** Options of `odeint` on numbers. */
export type Float64OdeintOptions<A = undefined, S = never> = CommonOptions<A, S> &
  (StepOptions<S, KnownByName> | OutputStepOptions);

/**
 * Solves y′ = f(t, y), y(t[0]) = y0, and returns y at all times t.
 *
 * @param f dy/dt, shaped as y
 * @param y0 numbers and Float64Arrays, in arrays and records at will
 * @param t times, strictly increasing or decreasing; the first is that of y0, and where it is the only one, y0 is the answer
 * @returns y0's tree with a new first axis of length t.length, y0 first
 * @throws OdeError on bad input, and when the solve can't reach the last time: its `status` names the cause
 */
export function odeint<const S extends AnyFloat64State, A = undefined>(
  f: Dynamics<S, A>,
  y0: S,
  t: Times,
  options: Float64OdeintOptions<A, S> = {},
): Stacked<S> {
  const { checked, gradient } = checkOdeint("odeint", f, y0, t, options, COMPACT_METHODS);
  if (gradient !== "steps") throw new OdeError("odeint: gradient does not apply to a state of numbers; leave it out.");
  return solveOutputs(checked, float64Problem(checked).problem) as Stacked<S>;
}

/** Solves y′ = f(t, y) from t0 to t1, or until `event`, and keeps the solution. Does not throw when the solve stops early: see `status`. */
export function solve<const S extends AnyFloat64State, A = undefined>(
  f: Dynamics<S, A>,
  y0: S,
  options: SolveOptions<A, S, KnownByName>,
): Solution<S> {
  return solveNumbers(checkSolve("solve", f, y0, options, COMPACT_METHODS)) as Solution<S>;
}

/** As `solve`, and lets other work run in between. */
export async function solveAsync<const S extends AnyFloat64State, A = undefined>(
  f: Dynamics<S, A>,
  y0: S,
  options: SolveOptions<A, S, KnownByName>,
): Promise<Solution<S>> {
  return (await solveNumbersAsync(checkSolve("solveAsync", f, y0, options, COMPACT_METHODS))) as Solution<S>;
}

/**
 * Solves from t0 until `event(t, y)` changes sign, at the latest to maxTime.
 *
 * @throws OdeError on bad input, and when the solve stops before the event and maxTime
 */
export function odeintEvent<const S extends AnyFloat64State, A = undefined>(
  f: Dynamics<S, A>,
  y0: S,
  t0: number,
  options: EventOptions<S, A, number, KnownByName>,
): EventResult<S> {
  return findNumberEvent(checkEvent("odeintEvent", f, y0, t0, options, COMPACT_METHODS)) as EventResult<S>;
}

/** As `odeintEvent`, and lets other work run in between. */
export async function odeintEventAsync<const S extends AnyFloat64State, A = undefined>(
  f: Dynamics<S, A>,
  y0: S,
  t0: number,
  options: EventOptions<S, A, number, KnownByName>,
): Promise<EventResult<S>> {
  return (await findNumberEventAsync(checkEvent("odeintEventAsync", f, y0, t0, options, COMPACT_METHODS))) as EventResult<S>;
}

/**
 * Solves as `odeint` does, and looks for events that are recorded, may end the solve, and may change the state: as `odeintEvents` of `@latentflow/ode`.
 *
 * @throws OdeError on bad input, and when the solve can't reach the last time or a terminal event: its `status` names the cause
 */
export function odeintEvents<const S extends AnyFloat64State, const Name extends string = string, A = undefined>(
  f: Dynamics<S, A>,
  y0: S,
  t: Times,
  options: EventsOptions<S, A, number, Name, KnownByName>,
): EventsResult<S, Name> {
  return solveNumberEvents(checkEvents("odeintEvents", f, y0, t, options, COMPACT_METHODS)) as EventsResult<S, Name>;
}

/** As `odeintEvents`, and lets other work run in between. */
export async function odeintEventsAsync<const S extends AnyFloat64State, const Name extends string = string, A = undefined>(
  f: Dynamics<S, A>,
  y0: S,
  t: Times,
  options: EventsOptions<S, A, number, Name, KnownByName>,
): Promise<EventsResult<S, Name>> {
  const checked = checkEvents("odeintEventsAsync", f, y0, t, options, COMPACT_METHODS);
  return (await solveNumberEventsAsync(checked)) as EventsResult<S, Name>;
}

/**
 * Solves y′ = f(t, y, p), y(t[0]) = y0, together with its sensitivities ∂y/∂p and ∂y/∂y0, by the forward variational equations s′ = ∂f/∂y s + ∂f/∂p in
 * the same solve: as `sensitivities` of `@latentflow/ode`.
 *
 * @throws OdeError on bad input, and when the solve can't reach the last time: its `status` names the cause
 */
export function sensitivities<
  const S extends AnyFloat64State,
  const P extends AnyFloat64State,
  const W extends SensitivitiesOf = "both",
>(
  f: ParametricDynamics<S, P>,
  y0: S,
  parameters: P,
  t: Times,
  options: SensitivityOptions<S, P, W, KnownByName> = {},
): Sensitivities<S, P, W> {
  return solveSensitivities("sensitivities", [f, y0, parameters, t, options], COMPACT_METHODS) as Sensitivities<S, P, W>;
}

/**
 * Fits the parameters of y′ = f(t, y, p) to observations, by damped Gauss–Newton steps on the sensitivities of each solve: as `fit` of `@latentflow/ode`.
 *
 * @throws OdeError on bad input, and where the solve with the first parameters does not reach the last observation; AbortError after `signal`
 */
export async function fit<const S extends AnyFloat64State, const P extends AnyFloat64State>(
  f: ParametricDynamics<NoInfer<S>, NoInfer<P>>,
  parameters: P,
  data: DataSet<S, P> | readonly DataSet<S, P>[],
  options: FitOptions<S, P, KnownByName> = {},
): Promise<Fit<P>> {
  return (await runFit("fit", [f, parameters, data, options], COMPACT_METHODS)) as Fit<P>;
}
