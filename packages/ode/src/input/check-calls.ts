import { checkChoice, checkNumber, type DeclaredOptions, readOptions } from "@latentflow/core";
import { OdeError } from "../errors.js";
import type { MethodTable } from "../methods/choose.js";
import { checkDynamics, checkInitialState, checkOptionsObject, checkTimes } from "./check-arguments.js";
import { checkEnd, checkWantedEvent, EVENT_OPTIONS, type WantedEvent, withinReach } from "./check-event.js";
import type { OdeintOptions, SolveOptions } from "./options.js";
import { type LooseOptions, requireSteps } from "./plan.js";
import type { CheckedCall } from "./problem.js";

/** The arguments of `odeint`, checked. */
export function checkOdeint(
  caller: string,
  f: unknown,
  y0: unknown,
  t: unknown,
  options: unknown,
  methods: MethodTable,
): CheckedOdeint {
  checkOptionsObject(caller, options);
  const checked: CheckedCall = {
    caller,
    f: checkDynamics(caller, f),
    y0: checkInitialState(caller, y0),
    times: checkTimes(caller, t),
    options: options as LooseOptions,
    methods,
    extra: ["gradient"],
  };
  const { gradient = "steps" } = options as { gradient?: unknown };
  return { checked, gradient: checkChoice(caller, "gradient", gradient, ["steps", "checkpointed"], OdeError) };
}

/** What `odeint` was asked for. */
interface CheckedOdeint {
  readonly checked: CheckedCall;
  readonly gradient: NonNullable<OdeintOptions["gradient"]>;
}

/** What is kept of a solve, and who hears of its cost. */
export interface RecordOptions {
  readonly dense: boolean;
  readonly onStatistics?: SolveOptions["onStatistics"] | undefined;
}

/** What `solve` was asked for. */
export interface CheckedSolve extends CheckedCall {
  readonly wanted: WantedEvent | undefined;
  readonly record: RecordOptions;
}

const SOLVE = {
  dense: { default: true },
} as const satisfies DeclaredOptions;

/** The arguments of `solve` and `solveAsync`, checked. */
export function checkSolve(caller: string, f: unknown, y0: unknown, options: unknown, methods: MethodTable): CheckedSolve {
  checkOptionsObject(caller, options, "options with t0 and t1");
  const { t0, t1, ...others } = options as { readonly [name: string]: unknown };
  const { dense } = readOptions(caller, SOLVE, { dense: others.dense }, OdeError);
  const start = checkNumber(caller, "t0", t0, {}, OdeError);
  const wanted = others.event === undefined ? undefined : checkWantedEvent(caller, options);
  for (const name of ["direction", "eventChecks"])
    if (wanted === undefined && others[name] !== undefined)
      throw new OdeError(`${caller}: ${name} does not apply without event; leave it out.`);
  const end = wanted === undefined ? checkNumber(caller, "t1", t1, {}, OdeError) : checkEnd(caller, "t1", t1);
  const loose = wanted === undefined ? (options as LooseOptions) : withinReach(options as LooseOptions, start, end);
  requireSteps(caller, loose, methods);
  return {
    caller,
    f: checkDynamics(caller, f),
    y0: checkInitialState(caller, y0),
    times: { values: Float64Array.of(start, end), tensor: undefined },
    options: loose,
    methods,
    extra: ["t0", "t1", "dense", ...EVENT_OPTIONS],
    wanted,
    record: { dense, onStatistics: loose.onStatistics },
  };
}
