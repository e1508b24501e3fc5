import type { Reading, StateSpace } from "../state/state-space.js";
import type { Tolerances } from "../types.js";

const ONE = Float64Array.of(1);
const RELATIVE: Tolerances = { rtol: 1, atol: 1 };

/** Whether a state holds neither NaN nor Infinity: |y| / (1 + |y|) is at most 1 where y is finite, however large, and NaN where it is not. */
export function* isFiniteState<V>(space: StateSpace<V>, state: V): Generator<Reading, boolean, number> {
  const norm = yield space.scope(() => space.norm(1, ONE, [state], state, state, RELATIVE));
  return Number.isFinite(norm);
}
