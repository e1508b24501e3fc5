import { describeValue } from "@latentflow/core";
import { OdeError } from "../errors.js";
import type { CheckedEvent, WantedEvent } from "../input/check-event.js";
import type { EventResult } from "../input/event-options.js";
import { float64Problem } from "../input/float64-problem.js";
import { type CheckedCall, requireArrival } from "../input/problem.js";
import { drive, driveAsync } from "../stepping/drive.js";
import type { Problem } from "../stepping/problem.js";
import type { Rounding } from "./leave-root.js";
import { type EventEnding, searchEvent } from "./search-event.js";
import type { EventSearch } from "./sign-watch.js";

/** Relative resolution of the time of an event: that of double precision. */
const RESOLUTION = Number.EPSILON;

const ROUNDING: Rounding = { state: 2 ** -38, time: 2 ** -46 };

/** Looks for an event of a state of numbers. */
export function findNumberEvent(checked: CheckedEvent): EventResult<unknown> {
  const { problem } = float64Problem(checked);
  return present(checked, problem, drive(problem.space, searchEvent(problem, numberSearch(checked, checked, problem))));
}

/** The same without blocking. */
export async function findNumberEventAsync(checked: CheckedEvent): Promise<EventResult<unknown>> {
  const problem = { ...float64Problem(checked).problem, cooperative: true };
  const search = searchEvent(problem, numberSearch(checked, checked, problem));
  return present(checked, problem, await driveAsync(problem.space, search));
}

/** The search for an event of a state of numbers. */
export function numberSearch(
  { caller, options }: CheckedCall,
  { event, eventChecks, direction }: WantedEvent,
  { space }: Problem<Float64Array>,
): EventSearch<Float64Array> {
  const value = (t: number, y: Float64Array): number => {
    const result = event(t, space.present(y), options.args);
    if (typeof result === "number") return result;
    throw new OdeError(`${caller}: expected event to return a number, as y0 is, got ${describeValue(result)}.`);
  };
  return { value, direction, checks: eventChecks, resolution: RESOLUTION, rounding: ROUNDING };
}

function present(
  { options }: CheckedEvent,
  { caller, space, statistics }: Problem<Float64Array>,
  { status, found, y }: EventEnding<Float64Array>,
): EventResult<unknown> {
  options.onStatistics?.({ ...statistics });
  requireArrival(caller, status);
  const time = found?.t ?? status.t;
  const state = space.present(found?.y ?? y);
  return { t: time as never, y: state as never, occurred: found !== undefined, status, stats: statistics };
}
