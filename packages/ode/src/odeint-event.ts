import { describeValue } from "@latentflow/core";
import { add, reshape, type Scalar, scalar, stack, Tensor, tidy } from "@tensorflow/tfjs-core";
import { OdeError } from "./errors.js";
import type { EventOptions, EventResult } from "./event-types.js";
import { type CheckedEvent, checkEvent } from "./events/check-event.js";
import type { Rounding } from "./events/leave-root.js";
import { findNumberEvent, findNumberEventAsync } from "./events/number-event.js";
import { type EventEnding, searchEvent } from "./events/search-event.js";
import { implicitEvent } from "./gradients/implicit-event.js";
import { isRecording, offTape, rewindTape, tapeMark } from "./gradients/tape.js";
import { type Checked, requireArrival } from "./problem.js";
import { drive, driveAsync } from "./stepping/drive.js";
import type { Problem } from "./stepping/integrate.js";
import { type TensorProblem, tensorProblem } from "./tensor-problem.js";
import type { AnyState, Dynamics, TimeOf } from "./types.js";

export type { EventFunction, EventOptions, EventResult } from "./event-types.js";

/**
 * Solves from t0 until `event(t, y)` changes sign, at the latest to tMax. On tensors the time and the state found are differentiable, by
 * the implicit function theorem: gradients reach y0, `args`, what f and event close over, and t0 when it is a tensor; first order only.
 *
 * @throws OdeError on bad input, and when the solve stops before the event and tMax
 */
export function odeintEvent<const S extends AnyState, T extends number | Scalar, A = undefined>(
  f: Dynamics<S, A, TimeOf<T>>,
  y0: S,
  t0: T,
  options: EventOptions<S, A, TimeOf<T>>,
): EventResult<S> {
  const checked = checkEvent("odeintEvent", f, y0, t0, options);
  if (checked.y0.kind === "numbers") return findNumberEvent(checked) as EventResult<S>;
  const { leaves } = checked.y0;
  const mark = tapeMark();
  try {
    return tidy(() => {
      const timed = t0 instanceof Tensor ? withTimeTensor(checked, t0) : checked;
      const made = tensorProblem(timed, leaves, isRecording());
      return tensorResult(checked, made, drive(made.space, searchTensors(checked, made, made.problem))) as never;
    }) as EventResult<S>;
  } catch (error) {
    rewindTape(mark);
    throw error;
  }
}

/** As `odeintEvent`, without blocking; its result can't be differentiated. */
export async function odeintEventAsync<const S extends AnyState, A = undefined>(
  f: Dynamics<S, A>,
  y0: S,
  t0: number,
  options: EventOptions<S, A>,
): Promise<EventResult<S>> {
  const checked = checkEvent("odeintEventAsync", f, y0, t0, options);
  if (checked.y0.kind === "numbers") return (await findNumberEventAsync(checked)) as EventResult<S>;
  const made = tensorProblem(checked, checked.y0.leaves);
  const problem = { ...made.problem, cooperative: true };
  return tensorResult(checked, made, await driveAsync(made.space, searchTensors(checked, made, problem))) as EventResult<S>;
}

/** Relative resolution of the time of an event: what float32 states can tell apart. */
const RESOLUTION = 1e-9;

/** The second where f and event take their times as float32 tensors. */
const ROUNDING: Rounding = { state: 2 ** -18, time: 32 * RESOLUTION };
const ROUNDING_WITH_TIME: Rounding = { state: 2 ** -18, time: 2 ** -19 };

function withTimeTensor(checked: Checked, t0: Tensor): Checked {
  const { values } = checked.times;
  const start = reshape(t0, []);
  // Between t0 and tMax nodes stay in proportion; without an end they move with t0.
  const end = Number.isFinite(values[1]) ? scalar(values[1]!) : add(start, Math.sign(values[1]!));
  return { ...checked, times: { values, tensor: stack([start, end]) } };
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
  const rounding = made.time === undefined ? ROUNDING : ROUNDING_WITH_TIME;
  const { direction, eventChecks } = checked;
  return searchEvent(problem, { value, direction, checks: eventChecks, resolution: RESOLUTION, rounding });
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
      interval: [Math.min(problem.t0, problem.t1), Math.max(problem.t0, problem.t1)],
      timeScale: Math.abs(t - problem.t0) / (Math.max(1, problem.statistics.accepted) * checked.eventChecks),
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
