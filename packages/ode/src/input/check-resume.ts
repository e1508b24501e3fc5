import { checkNumber, type DeclaredOptions, describeValue, readOptions } from "@latentflow/core";
import { OdeError } from "../errors.js";
import { copyStatistics, type Statistics, type Status } from "../status.js";
import { checkOptionsObject } from "./check-arguments.js";
import type { CheckedSolve } from "./check-calls.js";
import { checkEnd, withinReach } from "./check-event.js";

const RESUME = {
  maxSteps: { optional: true, min: 1, integer: true, infinite: true },
  grid: { optional: true, is: isList, expected: "an array of nodes" },
} as const satisfies DeclaredOptions;

function isList(value: unknown): value is readonly number[] | Float64Array {
  return Array.isArray(value) || value instanceof Float64Array;
}

/** The call that goes on where a solve ended. */
export function checkResume(
  solved: CheckedSolve,
  { t, status, statistics }: { readonly t: number; readonly status: Status; readonly statistics: Statistics },
  given: unknown,
): CheckedSolve {
  const caller = `${solved.caller}: resume`;
  checkOptionsObject(caller, given, "options with t1");
  const { t1 } = given as { readonly t1?: unknown };
  const own = readOptions(caller, RESUME, given, OdeError, ["t1"]);
  const end = solved.wanted === undefined ? checkNumber(caller, "t1", t1, {}, OdeError) : checkEnd(caller, "t1", t1);
  if (!["finished", "event", "maxSteps"].includes(status.kind))
    throw new OdeError(`${caller}: expected a solve that can go on, got one that failed: ${status.message}`, { status });
  const [start, before] = solved.times.values as unknown as [number, number];
  const direction = before >= start ? 1 : -1;
  if (!((end - t) * direction > 0)) {
    const side = direction === 1 ? "above" : "below";
    throw new OdeError(`${caller}: expected t1 ${side} ${t}, where the solve ended, got ${describeValue(t1)}.`);
  }
  const { grid, maxSteps } = own;
  const options = {
    ...solved.options,
    ...(grid && { grid: Array.from(grid) }),
    ...(maxSteps !== undefined && { maxSteps }),
  };
  return {
    ...solved,
    caller: solved.caller,
    times: { values: Float64Array.of(t, end), tensor: undefined },
    options: withinReach(options, t, end),
    statistics: copyStatistics(statistics),
  };
}
