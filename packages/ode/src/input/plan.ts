import { checkChoice, checkNumber, checkOptions, describeValue } from "@latentflow/core";
import { OdeError } from "../errors.js";
import { chooseMethod, type MethodTable } from "../methods/choose.js";
import type { Method } from "../methods/method.js";
import { type OwnErrorTest, smallestTolerance } from "../state/tolerances.js";
import { CONTROLLERS, type ControllerCoefficients, type ControllerName } from "../stepping/controller.js";
import type { StepSettings } from "../stepping/problem.js";
import type { Tolerances } from "../types.js";
import { JACOBIAN_OPTIONS, type JacobianPlan, planJacobian } from "./jacobian-options.js";
import type { CommonOptions } from "./options.js";

const COMMON = ["args", "jumpTimes", "interpolation", "maxSteps", "signal", "onProgress", "onStatistics", "method"] as const;
const ADAPTIVE = ["rtol", "atol", "norm", "controller", "firstStep", "minStep", "maxStep", "endpoint"] as const;
const GIVEN = ["stepSize", "grid"] as const;

/** Names of the options of every solve. */
export const SOLVE_OPTIONS: readonly string[] = [...COMMON, ...ADAPTIVE, ...GIVEN, ...JACOBIAN_OPTIONS, "stepTimes"];

/** Every step option, as an untyped caller may mix them. */
export interface LooseOptions extends Omit<CommonOptions<unknown>, "jacobian" | "jacobianBand"> {
  readonly method?: unknown;
  readonly rtol?: unknown;
  readonly atol?: unknown;
  readonly norm?: unknown;
  readonly controller?: ControllerName | ControllerCoefficients;
  readonly firstStep?: number;
  readonly minStep?: number;
  readonly maxStep?: number;
  readonly endpoint?: "clip" | "overshoot";
  readonly stepsForGradients?: boolean;
  readonly stepTimes?: readonly number[];
  readonly stepSize?: number;
  readonly grid?: ArrayLike<number>;
  readonly jacobian?: unknown;
  readonly jacobianBand?: unknown;
}

/** Options checked and completed. */
export interface Plan {
  readonly method: Method;
  readonly steps: StepSettings;
  readonly jumps: readonly number[];
  readonly maxSteps: number;
  readonly jacobian: JacobianPlan;
}

const DEFAULT_MAX_STEPS = 10_000;

/** Where a solve starts and ends. */
interface Interval {
  readonly t0: number;
  readonly t1: number;
  readonly direction: 1 | -1;
}

/** Reads a number among the options; `fallback` where it is left out. */
type NumberOption = <T>(
  name: "rtol" | "atol" | "firstStep" | "minStep" | "maxStep" | "stepSize" | "maxSteps",
  fallback: T,
  limits: { min?: number; above?: number; integer?: boolean },
) => number | T;

/**
 * Checks step options and turns them into settings.
 *
 * @param extra option names that the caller understands besides
 * @param times output times as numbers, checked
 */
export function preparePlan(
  caller: string,
  options: LooseOptions,
  methods: MethodTable,
  extra: readonly string[],
  times: ArrayLike<number>,
  defaultTolerances: Tolerances,
): Plan {
  checkOptions(caller, options, [...SOLVE_OPTIONS, ...extra], OdeError);
  checkCallbacks(caller, options);
  const named = chooseMethod(caller, options.method, methods);
  const given = GIVEN.filter((key) => options[key] !== undefined);
  if (given.length > 1) throw new OdeError(`${caller}: expected stepSize or grid, got both; give one.`);
  if (named.choosesOrder && options.controller !== undefined)
    throw new OdeError(
      `${caller}: controller does not apply to ${named.name}, which chooses steps with its order; leave it out.`,
    );
  const adaptive = named.estimatesError && given.length === 0;
  const wrong = adaptive ? [] : ADAPTIVE.filter((key) => options[key] !== undefined);
  if (wrong.length > 0) {
    const why = named.estimatesError ? `with ${given[0]}` : `to ${named.name}, which has no error estimate`;
    throw new OdeError(`${caller}: ${wrong.join(", ")} ${wrong.length > 1 ? "do" : "does"} not apply ${why}; leave it out.`);
  }
  const { interpolation = "dense" } = options;
  checkChoice(caller, "interpolation", interpolation, ["dense", "linear"], OdeError);
  const method = interpolation === "linear" ? named.linear() : named;
  const [t0, t1] = [times[0]!, times[times.length - 1]!];
  const interval = { t0, t1, direction: t1 >= t0 ? 1 : -1 } as const;
  const jumps = within(caller, "jumpTimes", options.jumpTimes, interval);
  const stops = ordered([...within(caller, "stepTimes", options.stepTimes, interval), ...jumps], interval).filter(
    (stop) => stop !== t0 && stop !== t1,
  );
  const number: NumberOption = (name, fallback, limits) => {
    const value = options[name];
    return value === undefined || value === fallback ? fallback : checkNumber(caller, name, value, limits, OdeError);
  };
  const unlimited = !adaptive || options.maxSteps === Number.POSITIVE_INFINITY;
  const maxSteps = number("maxSteps", unlimited ? Number.POSITIVE_INFINITY : DEFAULT_MAX_STEPS, { min: 1, integer: true });
  const steps = adaptive
    ? adaptiveSteps(caller, options, number, defaultTolerances, stops)
    : givenSteps(caller, options, times, interval, stops);
  return { method, steps, jumps, maxSteps, jacobian: planJacobian(caller, options, named) };
}

/** A callback that is none would fail in the middle of a solve; a signal that is none would never abort it. */
function checkCallbacks(caller: string, { onProgress, onStatistics, norm, signal }: LooseOptions): void {
  for (const [name, value] of Object.entries({ onProgress, onStatistics, norm })) {
    if (value !== undefined && typeof value !== "function")
      throw new OdeError(`${caller}: expected ${name} to be a function, got ${describeValue(value)}.`);
  }
  if (signal !== undefined && typeof signal?.aborted !== "boolean") {
    throw new OdeError(
      `${caller}: expected signal to be an AbortSignal, got ${describeValue(signal)}; give controller.signal of an AbortController.`,
    );
  }
}

function adaptiveSteps(
  caller: string,
  options: LooseOptions,
  number: NumberOption,
  defaults: Tolerances,
  stops: readonly number[],
): StepSettings {
  const { rtol = defaults.rtol, atol = defaults.atol, norm, controller = "I", endpoint = "clip" } = options;
  const own = norm !== undefined || typeof rtol === "object" || typeof atol === "object";
  const tolerances = own
    ? { rtol: smallestTolerance(caller, "rtol", rtol), atol: smallestTolerance(caller, "atol", atol) }
    : { rtol: number("rtol", defaults.rtol, { min: 0 }), atol: number("atol", defaults.atol, { min: 0 }) };
  if (!own && tolerances.rtol === 0 && tolerances.atol === 0)
    throw new OdeError(`${caller}: expected rtol or atol above 0, got 0 for both.`);
  const minStep = number("minStep", 0, { min: 0 });
  const maxStep = number("maxStep", Number.POSITIVE_INFINITY, { above: 0 });
  if (minStep > maxStep) throw new OdeError(`${caller}: expected minStep ≤ maxStep, got ${minStep} and ${maxStep}.`);
  return {
    kind: "adaptive",
    tolerances,
    ownTest: own ? { rtol, atol, norm: norm as OwnErrorTest["norm"] } : undefined,
    controller: controllerOf(caller, controller),
    firstStep: number("firstStep", undefined, { above: 0 }),
    minStep,
    maxStep,
    overshoot: checkChoice(caller, "endpoint", endpoint, ["clip", "overshoot"], OdeError) === "overshoot",
    stops,
  };
}

function controllerOf(caller: string, controller: ControllerName | ControllerCoefficients): ControllerCoefficients {
  if (typeof controller === "string")
    return CONTROLLERS[checkChoice(caller, "controller", controller, ["I", "PI", "PID"], OdeError)];
  checkOptions(`${caller}: controller`, controller, ["p", "i", "d", "safety", "minFactor", "maxFactor"], OdeError);
  for (const [name, value] of Object.entries(controller)) checkNumber(caller, `controller.${name}`, value, {}, OdeError);
  const { safety = 0.9, minFactor = 0.2, maxFactor = 10 } = controller;
  if (!(safety > 0 && safety < 1 && minFactor > 0 && minFactor < 1 && maxFactor > 1)) {
    throw new OdeError(
      `${caller}: expected a controller with 0 < safety < 1, 0 < minFactor < 1 < maxFactor, got ${safety}, ${minFactor}, ${maxFactor}.`,
    );
  }
  return controller;
}

function givenSteps(
  caller: string,
  options: LooseOptions,
  times: ArrayLike<number>,
  interval: Interval,
  stops: readonly number[],
): StepSettings {
  const { grid, stepSize, stepTimes } = options;
  if (stepTimes !== undefined && stepSize === undefined) {
    const why =
      grid === undefined ? "needs stepSize here; give it, or put the times into t" : "does not apply with grid; put them into it";
    throw new OdeError(`${caller}: stepTimes ${why}.`);
  }
  if (grid !== undefined) return { kind: "grid", nodes: checkGrid(caller, grid, interval, stops) };
  if (stepSize === undefined) return { kind: "grid", nodes: ordered([...Array.from(times), ...stops], interval) };
  const { t0, t1 } = interval;
  return {
    kind: "constant",
    t0,
    stepSize: checkNumber(caller, "stepSize", stepSize, { above: 0 }, OdeError),
    stops: [...stops, t1],
  };
}

function checkGrid(
  caller: string,
  grid: ArrayLike<number>,
  { t0, t1, direction }: Interval,
  stops: readonly number[],
): readonly number[] {
  if (!Array.isArray(grid) && !ArrayBuffer.isView(grid))
    throw new OdeError(`${caller}: expected grid to be an array of nodes, got ${describeValue(grid)}.`);
  const nodes = Array.from(grid as ArrayLike<number>);
  const last = nodes[nodes.length - 1]!;
  const odd = nodes.findIndex((node, i) => !Number.isFinite(node) || (i > 0 && !((node - nodes[i - 1]!) * direction > 0)));
  if (nodes.length < 2 || odd >= 0) {
    const got = odd >= 0 ? `${describeValue(nodes[odd])} at index ${odd}` : describeValue(nodes);
    throw new OdeError(
      `${caller}: expected grid to hold at least two finite, strictly monotonic nodes in the direction of t, got ${got}.`,
    );
  }
  if (nodes[0] !== t0 || (last - t1) * direction < 0)
    throw new OdeError(`${caller}: expected grid to start at ${t0} and to reach ${t1}, got ${nodes[0]} to ${last}.`);
  const known = new Set(nodes);
  const missing = stops.find((stop) => !known.has(stop));
  if (missing !== undefined) throw new OdeError(`${caller}: expected grid to hold the jump time ${missing}; add it.`);
  return nodes;
}

/** The values that lie in the interval, ends included; the others don't concern this solve. */
function within(caller: string, name: string, values: unknown, { t0, t1 }: Interval): number[] {
  return timesOf(caller, name, values).filter((value) => value >= Math.min(t0, t1) && value <= Math.max(t0, t1));
}

/** A list of times; none where it is left out. */
export function timesOf(caller: string, name: string, values: unknown): readonly number[] {
  if (values === undefined) return [];
  const odd = Array.isArray(values) ? Array.from(values).findIndex((value) => !Number.isFinite(value)) : 0;
  if (Array.isArray(values) && odd < 0) return values;
  const got = Array.isArray(values) ? `${describeValue(values[odd])} at index ${odd}` : describeValue(values);
  throw new OdeError(`${caller}: expected ${name} to be an array of finite numbers, got ${got}.`);
}

/** Distinct values, sorted in the direction of the interval. */
function ordered(values: readonly number[], { direction }: Interval): number[] {
  return [...new Set(values)].sort((a, b) => (a - b) * direction);
}

/** Throws for a method that can't choose its steps and is given none, where there are no output times to take for them. */
export function requireSteps(caller: string, { method, stepSize, grid }: LooseOptions, methods: MethodTable): void {
  const chosen = chooseMethod(caller, method, methods);
  if (stepSize === undefined && grid === undefined && !chosen.estimatesError)
    throw new OdeError(`${caller}: ${chosen.name} has no error estimate to choose steps by; give stepSize or grid.`);
}
