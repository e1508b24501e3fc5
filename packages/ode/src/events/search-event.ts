import type { Reading } from "../state/state-space.js";
import { integrate } from "../stepping/integrate.js";
import type { Ending, Observer, Problem } from "../stepping/problem.js";
import { type EventSearch, EventWatch, type FoundEvent } from "./watch-event.js";

/** How a solve that looks for an event ended. */
export interface EventEnding<V> extends Ending<V> {
  readonly found: FoundEvent<V> | undefined;
}

/** Sees nothing. */
const NOBODY: Observer<unknown> = { needsDense: () => false, onStep: () => undefined };

/** Solves until an event; the observer sees the steps, the last of them whole. */
export function* searchEvent<V>(
  problem: Problem<V>,
  search: EventSearch<V>,
  observer: Observer<V> = NOBODY as Observer<V>,
): Generator<Reading, EventEnding<V>, number> {
  const watch = new EventWatch(problem, search);
  const ending = yield* integrate(problem, observer, yield* watch.start());
  const { nanAt, found } = watch;
  if (ending.status.kind !== "finished" || nanAt === undefined) return { ...ending, found };
  const message = `expected event to be a number, got NaN at t = ${nanAt}, where an event may have been missed; check event there.`;
  return { ...ending, found, status: { ...ending.status, kind: "notFinite", t: nanAt, message } };
}
