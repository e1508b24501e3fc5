import type { Reading } from "../state/state-space.js";
import { describeStatus } from "../status.js";
import { integrate } from "../stepping/integrate.js";
import type { Ending, Going, Observer, Problem } from "../stepping/problem.js";
import type { Step } from "../stepping/step.js";
import { type EventSearch, missedEvent, SignWatch } from "./sign-watch.js";

/** Where the sign of an event function changed. */
export interface FoundEvent<V> {
  readonly t: number;
  readonly y: V;
}

/** How a solve that looks for an event ended. */
export interface EventEnding<V> extends Ending<V> {
  /** Its state is owned by the space. */
  readonly found: FoundEvent<V> | undefined;
}

/** Sees nothing. */
const NOBODY: Observer<unknown> = { needsDense: () => false, onStep: () => undefined };

/** Solves until an event; the observer sees the steps, the last of them whole. */
export function* searchEvent<V>(
  problem: Problem<V>,
  search: EventSearch<V>,
  observer: Observer<V> = NOBODY as Observer<V>,
  from?: Going<V>,
): Generator<Reading, EventEnding<V>, number> {
  const { space } = problem;
  const watch = new SignWatch(problem, search);
  let found: FoundEvent<V> | undefined;
  yield* watch.start();
  const look = function* (step: Step<V>) {
    const root = yield* watch.next(step);
    if (root === undefined || root.failure) return root?.failure;
    const { t } = root;
    found = { t, y: space.scope(() => step.evaluate(t)) };
    return describeStatus("event", t, step.span.h);
  };
  const ending = yield* integrate(problem, observer, look, from);
  const { nanAt } = watch;
  if (ending.status.kind !== "finished" || nanAt === undefined) return { ...ending, found };
  return { ...ending, found, status: missedEvent(ending.status, nanAt) };
}
