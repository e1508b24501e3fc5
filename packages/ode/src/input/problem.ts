import { OdeError } from "../errors.js";
import type { MethodTable } from "../methods/choose.js";
import type { StateSpace } from "../state/state-space.js";
import type { Statistics, Status } from "../status.js";
import type { Problem } from "../stepping/problem.js";
import type { InitialState, OutputTimes, UserDynamics } from "./check-arguments.js";
import type { LooseOptions, Plan } from "./plan.js";

/** What every public function has checked before it solves anything. */
export interface CheckedCall {
  readonly caller: string;
  readonly f: UserDynamics;
  readonly y0: InitialState;
  readonly times: OutputTimes;
  readonly options: LooseOptions;
  /** Methods known by name. */
  readonly methods: MethodTable;
  /** Option names that the caller understands besides those of every solve. */
  readonly extra: readonly string[];
  /** Set when f makes float32 tensors of its times, though `times` holds none. */
  readonly singlePrecisionTime?: boolean;
  /** Counts on in these, where the call is a part of a solve. */
  readonly statistics?: Statistics;
}

/** A checked call as a problem. */
export function assemble<V>(
  { caller, times, options }: CheckedCall,
  plan: Plan,
  space: StateSpace<V>,
  f: Problem<V>["f"],
  y0: V,
  statistics: Statistics,
  measure?: Problem<V>["measure"],
): Problem<V> {
  const { onStep } = options;
  return {
    caller,
    space,
    f,
    y0,
    t0: times.values[0]!,
    t1: times.values[times.values.length - 1]!,
    method: plan.method,
    steps: plan.steps,
    jumps: plan.jumps,
    maxSteps: plan.maxSteps,
    measure,
    signal: options.signal,
    onProgress: options.onProgress,
    onStep: onStep && ((t, y, h) => space.quietly(() => onStep(t, space.present(y), h))),
    statistics,
    cooperative: false,
  };
}

/** Throws unless the solve went as far as it should. */
export function requireArrival(caller: string, status: Status): void {
  if (status.kind === "finished" || status.kind === "event") return;
  throw new OdeError(`${caller}: ${status.message}`, { status });
}
