import { add, reshape, type Scalar, scalar, stack, Tensor, tidy } from "@tensorflow/tfjs-core";
import { findNumberEvent, findNumberEventAsync } from "./events/number-event.js";
import { type EventEnding, searchEvent } from "./events/search-event.js";
import { eventOnLeaves, tensorSearch } from "./events/tensor-event.js";
import { gradientProblem } from "./gradients/gradient-problem.js";
import { implicitEvent } from "./gradients/implicit-event.js";
import { type CheckedEvent, checkEvent } from "./input/check-event.js";
import type { EventOptions, EventResult } from "./input/event-options.js";
import { type CheckedCall, requireArrival } from "./input/problem.js";
import type { TensorProblem } from "./input/tensor-problem.js";
import { METHODS } from "./methods/index.js";
import { isRecording, offTape, rewindTape, tapeMark } from "./state/tape.js";
import { drive, driveAsync } from "./stepping/drive.js";
import type { AnyState, Dynamics, TimeOf } from "./types.js";

export type { EventFunction, EventOptions, EventResult } from "./input/event-options.js";

/**
 * Solves from t0 until `event(t, y)` changes sign, at the latest to maxTime. On tensors the time and the state found are differentiable, by
 * the implicit function theorem: gradients reach y0, `args`, what f and event close over, and t0 when it is a tensor; first order only.
 *
 * @throws OdeError on bad input, and when the solve stops before the event and maxTime
 */
export function odeintEvent<const S extends AnyState, T extends number | Scalar, A = undefined>(
  f: Dynamics<S, A, TimeOf<T>>,
  y0: S,
  t0: T,
  options: EventOptions<S, A, TimeOf<T>>,
): EventResult<S> {
  const checked = checkEvent("odeintEvent", f, y0, t0, options, METHODS);
  if (checked.y0.kind === "numbers") return findNumberEvent(checked) as EventResult<S>;
  const { leaves } = checked.y0;
  const mark = tapeMark();
  try {
    return tidy(() => {
      const timed = t0 instanceof Tensor ? withTimeTensor(checked, t0) : checked;
      const made = gradientProblem(timed, leaves, isRecording());
      return tensorResult(
        checked,
        made,
        drive(made.space, searchEvent(made.problem, tensorSearch(checked, checked, made))),
      ) as never;
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
  const checked = checkEvent("odeintEventAsync", f, y0, t0, options, METHODS);
  if (checked.y0.kind === "numbers") return (await findNumberEventAsync(checked)) as EventResult<S>;
  const made = gradientProblem(checked, checked.y0.leaves, false);
  const problem = { ...made.problem, cooperative: true };
  const search = searchEvent(problem, tensorSearch(checked, checked, made));
  return tensorResult(checked, made, await driveAsync(made.space, search)) as EventResult<S>;
}

function withTimeTensor(checked: CheckedCall, t0: Tensor): CheckedCall {
  const { values } = checked.times;
  const start = reshape(t0, []);
  // Between t0 and maxTime nodes stay in proportion; without an end they move with t0.
  const end = Number.isFinite(values[1]) ? scalar(values[1]!) : add(start, Math.sign(values[1]!));
  return { ...checked, times: { values, tensor: stack([start, end]) } };
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
    const event = eventOnLeaves(checked, checked, space);
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
