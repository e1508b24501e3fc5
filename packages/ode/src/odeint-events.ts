import { Tensor, tidy } from "@tensorflow/tfjs-core";
import { OdeError } from "./errors.js";
import { solveNumberEvents, solveNumberEventsAsync } from "./events/number-events.js";
import { solveTensorEvents, solveTensorEventsAsync } from "./gradients/tensor-events.js";
import { checkEvents } from "./input/check-events.js";
import type { EventsGradientOptions, EventsOptions, EventsResult } from "./input/events-options.js";
import { METHODS } from "./methods/index.js";
import { rewindTape, tapeMark } from "./state/tape.js";
import type { AnyState, AnyTimes, Dynamics, TimeOf, Times } from "./types.js";

export type {
  EventOccurrences,
  EventsGradientOptions,
  EventsOptions,
  EventsResult,
  WatchedEvent,
} from "./input/events-options.js";

/**
 * Solves as `odeint` does, and looks for events: each is recorded with its time and state, may end the solve, now or when it has happened so often
 * (`terminal`), and may change the state (`apply`) with which the solve then starts anew. On tensors times, states and what follows a change are
 * differentiable, by the implicit function theorem: gradients reach y0, `args`, what event and apply close over, and t when it is a tensor; first order
 * only, and with respect to times those of the exact solution.
 *
 * @param t output times, strictly increasing or decreasing; the first is that of y0, the last where the solve ends at the latest
 * @throws OdeError on bad input, and when the solve can't reach the last time or a terminal event: its `status` names the cause
 */
export function odeintEvents<
  const S extends AnyState,
  const T extends AnyTimes,
  const Name extends string = string,
  A = undefined,
>(
  f: Dynamics<S, A, TimeOf<T>>,
  y0: S,
  t: T,
  options: EventsOptions<S, A, TimeOf<T>, Name> & EventsGradientOptions,
): EventsResult<S, Name> {
  const checked = checkEvents("odeintEvents", f, y0, t, options, METHODS);
  if (checked.y0.kind === "numbers") return solveNumberEvents(checked) as EventsResult<S, Name>;
  const mark = tapeMark();
  try {
    return tidy(() => solveTensorEvents(checked) as never) as EventsResult<S, Name>;
  } catch (error) {
    rewindTape(mark);
    throw error;
  }
}

/** As `odeintEvents`, without blocking; its result can't be differentiated. */
export async function odeintEventsAsync<const S extends AnyState, const Name extends string = string, A = undefined>(
  f: Dynamics<S, A>,
  y0: S,
  t: Times,
  options: EventsOptions<S, A, number, Name>,
): Promise<EventsResult<S, Name>> {
  const caller = "odeintEventsAsync";
  const checked = checkEvents(caller, f, y0, t, options, METHODS);
  if (checked.gradient !== "steps" || (t as unknown) instanceof Tensor)
    throw new OdeError(`${caller}: expected neither gradient nor a tensor as t, since its result can't be differentiated.`);
  return (await (checked.y0.kind === "numbers"
    ? solveNumberEventsAsync(checked)
    : solveTensorEventsAsync(checked))) as EventsResult<S, Name>;
}
