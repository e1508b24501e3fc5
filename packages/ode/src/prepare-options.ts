import { checkChoice, checkNumber, checkOptions, describeValue } from "@latentflow/core";
import { OdeError } from "./errors.js";
import { straightLine } from "./methods/dense-output.js";
import { isAdaptive, METHOD_NAMES, type MethodName, methodNamed } from "./methods/index.js";
import type { ExplicitMethod } from "./methods/tableau.js";
import type { CommonOptions } from "./options.js";
import type { Tolerances } from "./state/state-space.js";
import { type OwnErrorTest, smallestTolerance } from "./state/tolerances.js";
import { CONTROLLERS, type ControllerCoefficients, type ControllerName } from "./stepping/controller.js";
import type { StepSettings } from "./stepping/integrate.js";

const COMMON = ["args", "jumpTimes", "interpolation", "maxSteps", "signal", "onProgress", "onStatistics", "method"] as const;
const ADAPTIVE = ["rtol", "atol", "norm", "controller", "firstStep", "minStep", "maxStep", "endpoint"] as const;
const GIVEN = ["stepSize", "grid"] as const;

/** Every step option, as an untyped caller may mix them. */
export interface LooseOptions extends CommonOptions<unknown> {
  readonly method?: MethodName;
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
}

/** Options checked and completed. */
export interface Plan {
  readonly methodName: MethodName;
  readonly method: ExplicitMethod;
  readonly steps: StepSettings;
  readonly jumps: readonly number[];
  readonly maxSteps: number;
}

const DEFAULT_MAX_STEPS = 10_000;

/**
 * Checks step options and turns them into settings.
 *
 * @param extra option names that the caller understands besides
 * @param times output times as numbers, checked
 */
export function preparePlan(
  caller: string,
  options: LooseOptions,
  extra: readonly string[],
  times: ArrayLike<number>,
  defaultTolerances: Tolerances,
): Plan {
  checkOptions(caller, options, [...COMMON, ...ADAPTIVE, ...GIVEN, "stepTimes", ...extra], OdeError);
  checkCallbacks(caller, options);
  const methodName = checkChoice(caller, "method", options.method ?? "dopri5", METHOD_NAMES, OdeError);
  const given = GIVEN.filter((key) => options[key] !== undefined);
  if (given.length > 1) throw new OdeError(`${caller}: expected stepSize or grid, got both; give one.`);
  const adaptive = isAdaptive(methodName) && given.length === 0;
  if (!adaptive)
    refuseInapplicable(
      caller,
      options,
      isAdaptive(methodName) ? `with ${given[0]}` : `to ${methodName}, which has no error estimate`,
    );
  const interpolation = checkChoice(caller, "interpolation", options.interpolation ?? "dense", ["dense", "linear"], OdeError);
  const named = methodNamed(methodName);
  const method = interpolation === "linear" ? { ...named, dense: straightLine(named.weights) } : named;
  const jumps = within(caller, "jumpTimes", options.jumpTimes, times);
  const stops = ordered([...within(caller, "stepTimes", options.stepTimes, times), ...jumps], times).filter(
    (stop) => stop !== times[0] && stop !== times[times.length - 1],
  );
  const fallbackMaxSteps = adaptive ? DEFAULT_MAX_STEPS : Number.POSITIVE_INFINITY;
  const maxSteps =
    options.maxSteps === undefined
      ? fallbackMaxSteps
      : checkNumber(caller, "maxSteps", options.maxSteps, { min: 1, integer: true }, OdeError);
  const steps = adaptive ? adaptiveSteps(caller, options, defaultTolerances, stops) : givenSteps(caller, options, times, stops);
  return { methodName, method, steps, jumps, maxSteps };
}

/** A callback that is none would fail in the middle of a solve; a signal that is none would never abort it. */
function checkCallbacks(caller: string, { onProgress, onStatistics, signal }: LooseOptions): void {
  for (const [name, value] of Object.entries({ onProgress, onStatistics })) {
    if (value !== undefined && typeof value !== "function")
      throw new OdeError(`${caller}: expected ${name} to be a function, got ${describeValue(value)}.`);
  }
  if (signal !== undefined && typeof signal?.aborted !== "boolean") {
    throw new OdeError(
      `${caller}: expected signal to be an AbortSignal, got ${describeValue(signal)}; give controller.signal of an AbortController.`,
    );
  }
}

function refuseInapplicable(caller: string, options: LooseOptions, why: string): void {
  const wrong = ADAPTIVE.filter((key) => options[key] !== undefined);
  if (wrong.length > 0)
    throw new OdeError(`${caller}: ${wrong.join(", ")} ${wrong.length > 1 ? "do" : "does"} not apply ${why}; leave it out.`);
}

function adaptiveSteps(caller: string, options: LooseOptions, defaults: Tolerances, stops: readonly number[]): StepSettings {
  const positive = (name: "rtol" | "atol" | "minStep", fallback: number) =>
    options[name] === undefined ? fallback : checkNumber(caller, name, options[name], { min: 0 }, OdeError);
  const { rtol = defaults.rtol, atol = defaults.atol, norm } = options;
  if (norm !== undefined && typeof norm !== "function")
    throw new OdeError(`${caller}: expected norm to be a function of the scaled error, got ${describeValue(norm)}.`);
  const own = norm !== undefined || typeof rtol === "object" || typeof atol === "object";
  const tolerances = own
    ? { rtol: smallestTolerance(rtol), atol: smallestTolerance(atol) }
    : { rtol: positive("rtol", defaults.rtol), atol: positive("atol", defaults.atol) };
  if (!own && tolerances.rtol === 0 && tolerances.atol === 0)
    throw new OdeError(`${caller}: expected rtol or atol above 0, got 0 for both.`);
  const minStep = positive("minStep", 0);
  const maxStep =
    options.maxStep === undefined || options.maxStep === Number.POSITIVE_INFINITY
      ? Number.POSITIVE_INFINITY
      : checkNumber(caller, "maxStep", options.maxStep, { above: 0 }, OdeError);
  if (minStep > maxStep) throw new OdeError(`${caller}: expected minStep ≤ maxStep, got ${minStep} and ${maxStep}.`);
  return {
    kind: "adaptive",
    tolerances,
    ownTest: own ? { rtol, atol, norm: norm as OwnErrorTest["norm"] } : undefined,
    controller: controllerOf(caller, options.controller ?? "I"),
    firstStep:
      options.firstStep === undefined ? undefined : checkNumber(caller, "firstStep", options.firstStep, { above: 0 }, OdeError),
    minStep,
    maxStep,
    overshoot: checkChoice(caller, "endpoint", options.endpoint ?? "clip", ["clip", "overshoot"], OdeError) === "overshoot",
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

function givenSteps(caller: string, options: LooseOptions, times: ArrayLike<number>, stops: readonly number[]): StepSettings {
  if (options.grid !== undefined) {
    if (options.stepTimes !== undefined)
      throw new OdeError(`${caller}: stepTimes does not apply with grid; put them into the grid.`);
    return { kind: "grid", nodes: checkGrid(caller, options.grid, times, stops) };
  }
  if (options.stepSize === undefined) {
    if (options.stepTimes !== undefined)
      throw new OdeError(`${caller}: stepTimes needs stepSize here; give it, or put the times into t.`);
    return { kind: "grid", nodes: ordered([...Array.from(times), ...stops], times) };
  }
  const stepSize = checkNumber(caller, "stepSize", options.stepSize, { above: 0 }, OdeError);
  return { kind: "constant", t0: times[0]!, stepSize, stops: [...stops, times[times.length - 1]!] };
}

function checkGrid(caller: string, grid: ArrayLike<number>, times: ArrayLike<number>, stops: readonly number[]): number[] {
  if (typeof grid !== "object" || grid === null)
    throw new OdeError(`${caller}: expected grid to be an array of nodes, got ${describeValue(grid)}.`);
  const nodes = Array.from(grid);
  const last = times[times.length - 1]!;
  const direction = last >= times[0]! ? 1 : -1;
  const monotonic = nodes.every((node, i) => Number.isFinite(node) && (i === 0 || (node - nodes[i - 1]!) * direction > 0));
  if (nodes.length < 2 || !monotonic) {
    throw new OdeError(`${caller}: expected grid to hold at least two finite, strictly monotonic nodes in the direction of t.`);
  }
  if (nodes[0] !== times[0] || (nodes[nodes.length - 1]! - last) * direction < 0) {
    throw new OdeError(
      `${caller}: expected grid to start at ${times[0]} and to reach ${last}, got ${nodes[0]} to ${nodes[nodes.length - 1]}.`,
    );
  }
  const missing = stops.find((stop) => !nodes.includes(stop));
  if (missing !== undefined) throw new OdeError(`${caller}: expected grid to hold the jump time ${missing}; add it.`);
  return nodes;
}

/** The values that lie in the interval of the output times, ends included; the others don't concern this solve. */
function within(caller: string, name: string, values: readonly number[] | undefined, times: ArrayLike<number>): number[] {
  if (values === undefined) return [];
  if (!Array.isArray(values) || !values.every((value) => Number.isFinite(value))) {
    throw new OdeError(`${caller}: expected ${name} to be an array of finite numbers.`);
  }
  const [low, high] = [Math.min(times[0]!, times[times.length - 1]!), Math.max(times[0]!, times[times.length - 1]!)];
  return values.filter((value) => value >= low && value <= high);
}

/** Distinct values, sorted in the direction of the times. */
function ordered(values: readonly number[], times: ArrayLike<number>): number[] {
  const direction = times[times.length - 1]! >= times[0]! ? 1 : -1;
  return [...new Set(values)].sort((a, b) => (a - b) * direction);
}

/** Throws for a method that can't choose its steps, where there are no output times to take for them. */
export function requireSteps(caller: string, method: MethodName): void {
  checkChoice(caller, "method", method, METHOD_NAMES, OdeError);
  if (!isAdaptive(method))
    throw new OdeError(`${caller}: ${method} has no error estimate to choose steps by; give stepSize or grid.`);
}
