import { checkChoice, checkNumber } from "@latentflow/core";
import { OdeError } from "./errors.js";
import type { OdeintOptions, SolveOptions } from "./options.js";
import { checkDynamics, checkInitialState, checkOptionsObject, checkTimes } from "./prepare.js";
import { type LooseOptions, requireSteps } from "./prepare-options.js";
import type { Checked } from "./problem.js";

/** The arguments of `odeint`, checked. */
export function checkOdeint(caller: string, f: unknown, y0: unknown, t: unknown, options: unknown): CheckedOdeint {
  checkOptionsObject(caller, options);
  const checked: Checked = {
    caller,
    f: checkDynamics(caller, f),
    y0: checkInitialState(caller, y0),
    times: checkTimes(caller, t),
    options: options as LooseOptions,
    extra: ["gradient"],
  };
  const { gradient = "steps" } = options as { gradient?: unknown };
  return { checked, gradient: checkChoice(caller, "gradient", gradient, ["steps", "checkpointed"], OdeError) };
}

/** What `odeint` was asked for. */
interface CheckedOdeint {
  readonly checked: Checked;
  readonly gradient: NonNullable<OdeintOptions["gradient"]>;
}

/** The arguments of `solve` and `solveAsync`, checked. */
export function checkSolve(caller: string, f: unknown, y0: unknown, options: unknown): Checked {
  checkOptionsObject(caller, options, "options with t0 and t1");
  const { t0, t1, dense } = options as Partial<Pick<SolveOptions, "t0" | "t1" | "dense">>;
  const start = checkNumber(caller, "t0", t0, {}, OdeError);
  const end = checkNumber(caller, "t1", t1, {}, OdeError);
  if (start === end) throw new OdeError(`${caller}: expected t0 and t1 to differ, got ${t0} for both.`);
  if (dense !== undefined && typeof dense !== "boolean")
    throw new OdeError(`${caller}: expected dense to be true or false, got ${dense}.`);
  const loose = options as LooseOptions;
  if (loose.method !== undefined && loose.stepSize === undefined && loose.grid === undefined) requireSteps(caller, loose.method);
  return {
    caller,
    f: checkDynamics(caller, f),
    y0: checkInitialState(caller, y0),
    times: { values: Float64Array.of(start, end), tensor: undefined },
    options: loose,
    extra: ["t0", "t1", "dense"],
  };
}
