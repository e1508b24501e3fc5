import {
  checkNumber,
  type DeclaredOptions,
  describeValue,
  isFunction,
  isTensor,
  type OptionValues,
  readOptions,
} from "@latentflow/core";
import type { Scalar } from "@tensorflow/tfjs-core";
import { OdeError } from "../errors.js";
import type { MethodTable } from "../methods/choose.js";
import { refuseDisposed } from "../state/disposed.js";
import { checkDynamics, checkInitialState, checkOptionsObject } from "./check-arguments.js";
import { type LooseOptions, requireSteps } from "./plan.js";
import type { CheckedCall } from "./problem.js";

/** event as the library calls it. */
type UserEvent = (t: number | Scalar, y: unknown, args: unknown) => unknown;

/** Looks a step; more of them only look like a solver that hangs. */
const MOST_CHECKS = 1e6;

export const EVENT = {
  event: { is: isFunction<UserEvent>, expected: "a function (t, y) => scalar" },
  eventChecks: { default: 1, min: 1, max: MOST_CHECKS, integer: true },
  direction: { default: 0, is: isDirection, expected: "−1, 0 or 1" },
} as const satisfies DeclaredOptions;

/** An event to look for. */
export type WantedEvent = OptionValues<typeof EVENT>;

/** What `odeintEvent` was asked for. */
export interface CheckedEvent extends CheckedCall, WantedEvent {}

export const EVENT_OPTIONS = ["event", "eventChecks", "direction"] as const;

function isDirection(value: unknown): value is -1 | 0 | 1 {
  return value === -1 || value === 0 || value === 1;
}

/** The options that say which event is looked for. */
export function checkWantedEvent(caller: string, options: object): WantedEvent {
  const { event, eventChecks, direction, endpoint } = options as { readonly [name: string]: unknown };
  const wanted = readOptions(caller, EVENT, { event, eventChecks, direction }, OdeError);
  refuseEndpoint(caller, endpoint);
  return wanted;
}

/** Nothing is looked for after the end, so that no step may pass it. */
export function refuseEndpoint(caller: string, endpoint: unknown): void {
  if (endpoint !== undefined) {
    throw new OdeError(
      `${caller}: endpoint does not apply to the search for an event, which never passes the end; leave it out.`,
    );
  }
}

/** An end of the search, or none: ±Infinity. */
export const checkEnd = (caller: string, name: string, end: unknown) =>
  checkNumber(caller, name, end, { infinite: true }, OdeError);

/** The arguments of `odeintEvent` and `odeintEventAsync`, checked. */
export function checkEvent(
  caller: string,
  f: unknown,
  y0: unknown,
  t0: unknown,
  options: unknown,
  methods: MethodTable,
): CheckedEvent {
  checkOptionsObject(caller, options, "options with event and maxTime");
  const wanted = checkWantedEvent(caller, options);
  const end = checkEnd(caller, "maxTime", (options as { maxTime?: unknown }).maxTime);
  if (isTensor(t0) && (t0.size !== 1 || t0.dtype !== "float32" || caller === "odeintEventAsync")) {
    throw new OdeError(`${caller}: expected t0 to be a number or, for a gradient, a float32 scalar, got ${describeValue(t0)}.`);
  }
  if (isTensor(t0)) refuseDisposed(caller, "t0", t0);
  const start = isTensor(t0) ? t0.dataSync()[0]! : checkNumber(caller, "t0", t0, {}, OdeError);
  const loose = withinReach(options as LooseOptions, start, end);
  requireSteps(caller, loose, methods);
  const checked = {
    caller,
    f: checkDynamics(caller, f),
    y0: checkInitialState(caller, y0),
    times: { values: Float64Array.of(start, end), tensor: undefined },
    options: loose,
    methods,
    extra: ["maxTime", ...EVENT_OPTIONS],
    ...wanted,
  } as const;
  if (isTensor(t0) && checked.y0.kind === "numbers") {
    throw new OdeError(
      `${caller}: expected t0 to be a number since y0 is, got a tensor; gradients need y0 to be tensors as well.`,
    );
  }
  return checked;
}

/** A grid that goes beyond the end of the search is cut there: what happens later is not looked for. */
export function withinReach(options: LooseOptions, t0: number, maxTime: number): LooseOptions {
  const { grid } = options;
  const direction = maxTime >= t0 ? 1 : -1;
  if (!grid || !((grid[grid.length - 1]! - maxTime) * direction > 0)) return options;
  return { ...options, grid: [...Array.from(grid).filter((node) => (maxTime - node) * direction > 0), maxTime] };
}
