import { describeValue } from "@latentflow/core";
import { reshape, type Scalar, Tensor } from "@tensorflow/tfjs-core";
import { OdeError } from "../errors.js";
import type { WantedEvent } from "../input/check-event.js";
import type { CheckedCall } from "../input/problem.js";
import type { TensorProblem } from "../input/tensor-problem.js";
import { offTape, onOwnTape } from "../state/tape.js";
import type { TensorSpace } from "../state/tensor-space.js";
import type { Rounding } from "./leave-root.js";
import type { EventSearch } from "./sign-watch.js";

/** Relative resolution of the time of an event: what float32 states can tell apart. */
const RESOLUTION = 1e-9;

/** The second where f and event take their times as float32 tensors. */
const ROUNDING: Rounding = { state: 2 ** -18, time: 32 * RESOLUTION };
const ROUNDING_WITH_TIME: Rounding = { state: 2 ** -18, time: 2 ** -19 };

/** The event function on leaves; its result is always a tensor of its own. */
export function eventOnLeaves({ caller, options }: CheckedCall, { event }: WantedEvent, space: TensorSpace) {
  return (t: number | Scalar, y: readonly Tensor[]): Scalar => {
    const result = onOwnTape(() => event(t, space.present([...y]), options.args));
    if (result instanceof Tensor && result.size === 1 && result.dtype === "float32" && !result.isDisposed)
      return reshape(result, []);
    throw new OdeError(`${caller}: expected event to return a float32 scalar tensor, got ${describeValue(result)}.`);
  };
}

/** The search for an event of a state of tensors. */
export function tensorSearch(checked: CheckedCall, wanted: WantedEvent, made: TensorProblem): EventSearch<Tensor[]> {
  const { space, time } = made;
  const event = eventOnLeaves(checked, wanted, space);
  return searchOnLeaves((t, y) => event(time?.at(t) ?? t, y), wanted, time !== undefined);
}

/** The search with an event function that takes leaves; `tensorTime`: it and f make tensors of their times. */
export function searchOnLeaves(
  event: (t: number, y: readonly Tensor[]) => Scalar,
  { direction, eventChecks: checks }: WantedEvent,
  tensorTime: boolean,
): EventSearch<Tensor[]> {
  return {
    value: (t, y) => offTape(() => event(t, y)),
    direction,
    checks,
    resolution: RESOLUTION,
    rounding: tensorTime ? ROUNDING_WITH_TIME : ROUNDING,
  };
}
