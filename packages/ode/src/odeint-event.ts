import { checkNumber, describeValue } from "@latentflow/core";
import { reshape, type Scalar, scalar, stack, Tensor, tidy } from "@tensorflow/tfjs-core";
import { OdeError } from "./errors.js";
import type { EventOptions, EventResult } from "./event-types.js";
import { implicitEvent } from "./gradients/implicit-event.js";
import { isRecording, offTape, rewindTape, tapeMark } from "./gradients/tape.js";
import { checkDynamics, checkInitialState, checkOptionsObject } from "./prepare.js";
import { type LooseOptions, requireSteps } from "./prepare-options.js";
import { type Checked, float64Problem, requireArrival, type TensorProblem, tensorProblem } from "./problem.js";
import { drive, driveAsync } from "./stepping/drive.js";
import type { Problem } from "./stepping/integrate.js";
import { type EventEnding, searchEvent } from "./stepping/search-event.js";
import type { Dynamics, State, TimeOf } from "./types.js";

export type { EventFunction, EventOptions, EventResult, ScalarOf } from "./event-types.js";

/** event as the library calls it. */
type UserEvent = (t: number | Scalar, y: unknown, args: unknown) => unknown;

/**
 * Solves from t0 until `event(t, y)` changes sign, at the latest to tMax. On tensors the time and the state found are differentiable, by
 * the implicit function theorem: gradients reach y0, `args`, what f and event close over, and t0 when it is a tensor; first order only.
 *
 * @throws OdeError on bad input, and when the solve stops before the event and tMax
 */
export function odeintEvent<const S extends State, T extends number | Scalar, A = undefined>(
  f: Dynamics<S, A, TimeOf<T>>,
  y0: S,
  t0: T,
  options: EventOptions<S, A, TimeOf<T>>,
): EventResult<S> {
  const checked = checkEvent("odeintEvent", f, y0, t0, options);
  if (checked.y0.kind === "numbers") {
    const { problem } = float64Problem(checked);
    return numberResult(problem, drive(problem.space, searchNumbers(checked, problem))) as EventResult<S>;
  }
  const { leaves } = checked.y0;
  const mark = tapeMark();
  try {
    return tidy(() => {
      const timed = t0 instanceof Tensor ? withTimeTensor(checked, t0) : checked;
      const made = tensorProblem(timed, leaves);
      return tensorResult(checked, made, drive(made.space, searchTensors(checked, made, made.problem))) as never;
    }) as EventResult<S>;
  } catch (error) {
    rewindTape(mark);
    throw error;
  }
}

/** As `odeintEvent`, without blocking; its result can't be differentiated. */
export async function odeintEventAsync<const S extends State, A = undefined>(
  f: Dynamics<S, A>,
  y0: S,
  t0: number,
  options: EventOptions<S, A>,
): Promise<EventResult<S>> {
  const checked = checkEvent("odeintEventAsync", f, y0, t0, options);
  if (checked.y0.kind === "numbers") {
    const problem = { ...float64Problem(checked).problem, cooperative: true };
    return numberResult(problem, await driveAsync(problem.space, searchNumbers(checked, problem))) as EventResult<S>;
  }
  const made = tensorProblem(checked, checked.y0.leaves);
  const problem = { ...made.problem, cooperative: true };
  return tensorResult(checked, made, await driveAsync(made.space, searchTensors(checked, made, problem))) as EventResult<S>;
}

/** Relative resolution of the time of an event: that of double precision, and of what float32 states can tell apart. */
const NUMBER_RESOLUTION = Number.EPSILON;
const TENSOR_RESOLUTION = 1e-9;

interface CheckedEvent extends Checked {
  readonly event: UserEvent;
  readonly eventChecks: number;
}

function checkEvent(caller: string, f: unknown, y0: unknown, t0: unknown, options: unknown): CheckedEvent {
  checkOptionsObject(caller, options, "options with event and tMax");
  const { event, tMax, eventChecks = 1 } = options as { event?: unknown; tMax?: unknown; eventChecks?: unknown };
  if (typeof event !== "function") {
    throw new OdeError(`${caller}: expected event to be a function (t, y) => scalar, got ${describeValue(event)}.`);
  }
  checkNumber(caller, "tMax", tMax, {}, OdeError);
  const checks = checkNumber(caller, "eventChecks", eventChecks, { min: 1, integer: true }, OdeError);
  if (t0 instanceof Tensor && (t0.size !== 1 || t0.dtype !== "float32" || caller === "odeintEventAsync")) {
    throw new OdeError(`${caller}: expected t0 to be a number or, for a gradient, a float32 scalar, got ${describeValue(t0)}.`);
  }
  const start = t0 instanceof Tensor ? t0.dataSync()[0]! : checkNumber(caller, "t0", t0, {}, OdeError);
  if (start === tMax) throw new OdeError(`${caller}: expected t0 and tMax to differ, got ${start} for both.`);
  if ((options as LooseOptions).endpoint !== undefined) {
    throw new OdeError(`${caller}: endpoint does not apply, since the search ends at tMax; leave it out.`);
  }
  const loose = withinReach(options as LooseOptions, start, tMax as number);
  if (loose.method !== undefined && loose.stepSize === undefined && loose.grid === undefined) requireSteps(caller, loose.method);
  const checked = {
    caller,
    f: checkDynamics(caller, f),
    y0: checkInitialState(caller, y0),
    times: { values: Float64Array.of(start, tMax as number), tensor: undefined },
    options: loose,
    extra: ["event", "tMax", "eventChecks"],
    event: event as UserEvent,
    eventChecks: checks,
  };
  if (t0 instanceof Tensor && checked.y0.kind === "numbers") {
    throw new OdeError(
      `${caller}: expected t0 to be a number since y0 is, got a tensor; gradients need y0 to be tensors as well.`,
    );
  }
  return checked;
}

/** A grid that goes beyond tMax is cut there: what happens later is not looked for. */
function withinReach(options: LooseOptions, t0: number, tMax: number): LooseOptions {
  const { grid } = options;
  const direction = tMax >= t0 ? 1 : -1;
  if (!grid || !((grid[grid.length - 1]! - tMax) * direction > 0)) return options;
  return { ...options, grid: [...Array.from(grid).filter((node) => (tMax - node) * direction > 0), tMax] };
}

function withTimeTensor(checked: Checked, t0: Tensor): Checked {
  const { values } = checked.times;
  return { ...checked, times: { values, tensor: stack([reshape(t0, []), scalar(values[1]!)]) } };
}

function searchNumbers({ caller, event, eventChecks, options }: CheckedEvent, problem: Problem<Float64Array>) {
  const value = (t: number, y: Float64Array): number => {
    const result = event(t, problem.space.present(y), options.args);
    if (typeof result === "number") return result;
    throw new OdeError(`${caller}: expected event to return a number, as y0 is, got ${describeValue(result)}.`);
  };
  return searchEvent(problem, value, NUMBER_RESOLUTION, eventChecks);
}

/** The event function on leaves; its result is always a tensor of its own. */
function eventOnLeaves({ caller, event, options }: CheckedEvent, { space }: TensorProblem) {
  return (t: number | Scalar, y: readonly Tensor[]): Scalar => {
    const result = event(t, space.present([...y]), options.args);
    if (result instanceof Tensor && result.size === 1 && result.dtype === "float32") return reshape(result, []);
    throw new OdeError(`${caller}: expected event to return a float32 scalar tensor, got ${describeValue(result)}.`);
  };
}

function searchTensors(checked: CheckedEvent, made: TensorProblem, problem: Problem<Tensor[]>) {
  const event = eventOnLeaves(checked, made);
  const value = (t: number, y: Tensor[]) => offTape(() => event(made.time?.at(t) ?? t, y));
  return searchEvent(problem, value, TENSOR_RESOLUTION, checked.eventChecks);
}

function numberResult({ caller, space, statistics }: Problem<Float64Array>, { status, found, y }: EventEnding<Float64Array>) {
  requireArrival(caller, status);
  return { t: found?.t ?? status.t, y: space.present(found?.y ?? y), occurred: found !== undefined, status, stats: statistics };
}

function tensorResult(checked: CheckedEvent, made: TensorProblem, { status, found, y: last }: EventEnding<Tensor[]>) {
  const { space, problem, time } = made;
  if (status.kind !== "finished" && status.kind !== "event") space.close([]);
  requireArrival(checked.caller, status);
  const leaves = found?.y ?? last;
  const t = found?.t ?? status.t;
  space.close([leaves]);
  let result = { t: time?.at(t) ?? scalar(t), y: leaves };
  if (found !== undefined && isRecording()) {
    const slopes = offTape(() => space.scope(() => problem.f(t, leaves)));
    const event = eventOnLeaves(checked, made);
    result = implicitEvent({
      caller: checked.caller,
      t,
      time: result.t,
      y: leaves,
      event,
      slopes,
      tensorTime: time !== undefined,
    });
  }
  try {
    checked.options.onStatistics?.({ ...problem.statistics });
  } catch (error) {
    for (const tensor of [result.t, ...result.y]) tensor.dispose();
    throw error;
  }
  return { t: result.t, y: space.present(result.y), occurred: found !== undefined, status, stats: problem.statistics };
}
