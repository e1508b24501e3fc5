import type { Reading } from "../state/state-space.js";
import { type FoundEvent, watchEvent } from "./find-event.js";
import { type Ending, integrate, type Problem } from "./integrate.js";

/** How a solve that looks for an event ended. */
export interface EventEnding<V> extends Ending<V> {
  readonly found: FoundEvent<V> | undefined;
}

/**
 * Solves until an event.
 *
 * @param value the event function on packed states, never recorded
 * @param resolution relative resolution of times
 * @param checks how many times of each step are looked at
 */
export function* searchEvent<V>(
  problem: Problem<V>,
  value: (t: number, y: V) => Reading,
  resolution: number,
  checks: number,
): Generator<Reading, EventEnding<V>, number> {
  const { space, t0, y0 } = problem;
  let found: FoundEvent<V> | undefined;
  const watch = yield* watchEvent(space, value, t0, y0, resolution, checks, (event) => {
    found = event;
  });
  const ending = yield* integrate(problem, { needsDense: () => false, onStep: () => undefined }, watch);
  return { ...ending, found };
}
