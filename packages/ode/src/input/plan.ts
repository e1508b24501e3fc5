import {
  checkChoice,
  checkNumber,
  type DeclaredOptions,
  describeValue,
  type GivenOptions,
  isFunction,
  type OptionValues,
  readOptions,
  SIGNAL,
} from "@latentflow/core";
import { OdeError } from "../errors.js";
import { chooseMethod, type MethodTable } from "../methods/choose.js";
import type { Method } from "../methods/method.js";
import { type OwnErrorTest, smallestTolerance } from "../state/tolerances.js";
import { CONTROLLER, CONTROLLERS, type ControllerCoefficients, type ControllerName } from "../stepping/controller.js";
import type { StepSettings } from "../stepping/problem.js";
import type { Tolerances } from "../types.js";
import type { CommonOptions } from "./options.js";

/** Options of every solve; which of them go together is found out below. */
const STEPS = {
  interpolation: { default: "dense", choices: ["dense", "linear"] },
  maxSteps: { optional: true, min: 1, integer: true, infinite: true },
  signal: SIGNAL,
  onProgress: { optional: true, is: isFunction<NonNullable<CommonOptions["onProgress"]>>, expected: "a function" },
  onStatistics: { optional: true, is: isFunction<NonNullable<CommonOptions["onStatistics"]>>, expected: "a function" },
  onStep: { optional: true, is: isFunction<(t: number, y: unknown, h: number) => void>, expected: "a function" },
  norm: { optional: true, is: isFunction<NonNullable<OwnErrorTest["norm"]>>, expected: "a function" },
  controller: { optional: true, check: controllerOf },
  firstStep: { optional: true, above: 0 },
  minStep: { default: 0, min: 0 },
  atMinStep: { default: "fail", choices: ["fail", "accept"] },
  maxStep: { default: Number.POSITIVE_INFINITY, above: 0, infinite: true },
  endpoint: { default: "clip", choices: ["clip", "overshoot"] },
  stepSize: { optional: true, above: 0 },
} as const satisfies DeclaredOptions;

/** What a caller may say about ∂f/∂y; checked by those who need it. */
const JACOBIAN_OPTIONS = ["jacobian", "jacobianBand"] as const;

/** What is read with the state, the method or the times at hand. */
const OTHERS = ["args", "method", "rtol", "atol", "jumpTimes", "stepTimes", "grid", ...JACOBIAN_OPTIONS];
const ADAPTIVE = ["rtol", "atol", "norm", "controller", "firstStep", "minStep", "atMinStep", "maxStep", "endpoint"] as const;
const GIVEN = ["stepSize", "grid"] as const;

/** Names of the options of every solve. */
export const SOLVE_OPTIONS: readonly string[] = /* @__PURE__ */ Object.keys(STEPS).concat(OTHERS);

/** Every step option, as an untyped caller may mix them. */
export interface LooseOptions extends GivenOptions<typeof STEPS> {
  readonly args?: unknown;
  readonly method?: unknown;
  readonly rtol?: unknown;
  readonly atol?: unknown;
  readonly jumpTimes?: readonly number[];
  readonly stepTimes?: readonly number[];
  readonly grid?: ArrayLike<number>;
  readonly stepsForGradients?: boolean;
  readonly jacobian?: unknown;
  readonly jacobianBand?: unknown;
}

/** Options checked and completed. */
export interface Plan {
  readonly method: Method;
  readonly steps: StepSettings;
  readonly jumps: readonly number[];
  readonly maxSteps: number;
}

const DEFAULT_MAX_STEPS = 10_000;

/** Where a solve starts and ends. */
interface Interval {
  readonly t0: number;
  readonly t1: number;
  readonly direction: 1 | -1;
}

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
  const read = readOptions(caller, STEPS, options, OdeError, [...OTHERS, ...extra]);
  const named = chooseMethod(caller, options.method, methods);
  const given = GIVEN.filter((key) => options[key] !== undefined);
  if (given.length > 1) throw new OdeError(`${caller}: expected stepSize or grid, got both; give one.`);
  if (named.choosesOrder) refuse(caller, options, ["controller"], `to ${named.name}, which chooses steps with its order`);
  const adaptive = named.estimatesError && given.length === 0;
  if (!adaptive) {
    const why = named.estimatesError ? `with ${given[0]}` : `to ${named.name}, which has no error estimate`;
    refuse(caller, options, ADAPTIVE, why);
  }
  if (!named.implicit) refuse(caller, options, JACOBIAN_OPTIONS, `to ${named.name}, which is explicit`);
  const method = read.interpolation === "linear" ? named.linear() : named;
  const [t0, t1] = [times[0]!, times[times.length - 1]!];
  const interval = { t0, t1, direction: t1 >= t0 ? 1 : -1 } as const;
  const jumps = within(caller, "jumpTimes", options.jumpTimes, interval);
  const stops = ordered([...within(caller, "stepTimes", options.stepTimes, interval), ...jumps], interval).filter(
    (stop) => stop !== t0 && stop !== t1,
  );
  const { maxSteps = adaptive ? DEFAULT_MAX_STEPS : Number.POSITIVE_INFINITY } = read;
  const steps = adaptive
    ? adaptiveSteps(caller, read, tolerancesOf(caller, options, read.norm, defaultTolerances), stops)
    : givenSteps(caller, options, times, interval, stops);
  return { method, steps, jumps, maxSteps };
}

/** Throws for options that mean nothing here. */
function refuse(caller: string, options: LooseOptions, names: readonly (keyof LooseOptions)[], why: string): void {
  const given = names.filter((name) => options[name] !== undefined);
  if (given.length > 0)
    throw new OdeError(`${caller}: ${given.join(", ")} ${given.length > 1 ? "do" : "does"} not apply ${why}; leave it out.`);
}

type Tested = Pick<StepSettings & { kind: "adaptive" }, "tolerances" | "ownTest">;

/** Tolerances as numbers where they are, and as an error test of the caller's own where they are nested or measured by a norm. */
function tolerancesOf(caller: string, options: LooseOptions, norm: OwnErrorTest["norm"], defaults: Tolerances): Tested {
  const { rtol = defaults.rtol, atol = defaults.atol } = options;
  if (norm !== undefined || typeof rtol === "object" || typeof atol === "object") {
    const tolerances = { rtol: smallestTolerance(caller, "rtol", rtol), atol: smallestTolerance(caller, "atol", atol) };
    return { tolerances, ownTest: { rtol, atol, norm } };
  }
  const tolerances = {
    rtol: checkNumber(caller, "rtol", rtol, { min: 0 }, OdeError),
    atol: checkNumber(caller, "atol", atol, { min: 0 }, OdeError),
  };
  if (tolerances.rtol === 0 && tolerances.atol === 0)
    throw new OdeError(`${caller}: expected rtol or atol above 0, got 0 for both.`);
  return { tolerances, ownTest: undefined };
}

function adaptiveSteps(
  caller: string,
  options: OptionValues<typeof STEPS>,
  { tolerances, ownTest }: Tested,
  stops: readonly number[],
): StepSettings {
  const { controller, firstStep, minStep, maxStep, endpoint } = options;
  const forced = options.atMinStep === "accept";
  if (forced && minStep === 0) throw new OdeError(`${caller}: atMinStep needs minStep above 0, got 0; give it.`);
  if (minStep > maxStep) throw new OdeError(`${caller}: expected minStep ≤ maxStep, got ${minStep} and ${maxStep}.`);
  const overshoot = endpoint === "overshoot";
  return { kind: "adaptive", tolerances, ownTest, controller, firstStep, minStep, forced, maxStep, overshoot, stops };
}

function controllerOf(caller: string, controller: ControllerName | ControllerCoefficients): ControllerCoefficients {
  if (typeof controller === "string")
    return CONTROLLERS[checkChoice(caller, "controller", controller, ["I", "PI", "PID"], OdeError)];
  const coefficients = readOptions(`${caller}: controller`, CONTROLLER, controller, OdeError);
  const { safety, minFactor, maxFactor } = coefficients;
  if (!(safety > 0 && safety < 1 && minFactor > 0 && minFactor < 1 && maxFactor > 1)) {
    throw new OdeError(
      `${caller}: expected a controller with 0 < safety < 1, 0 < minFactor < 1 < maxFactor, got ${safety}, ${minFactor}, ${maxFactor}.`,
    );
  }
  return coefficients;
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
