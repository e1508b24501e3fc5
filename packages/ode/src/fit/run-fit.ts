import { nextMacrotask, throwIfAborted } from "@latentflow/core";
import { OdeError } from "../errors.js";
import type { MethodTable } from "../methods/choose.js";
import { forEachNumber } from "../sensitivities/for-each-number.js";
import { type CheckedFit, checkFit } from "./check-fit.js";
import { covarianceOf, type FitPoint, type Iteration, levenbergMarquardt, squares } from "./levenberg-marquardt.js";
import { observationsOf, residualsOf } from "./model.js";
import { presentParameters } from "./present.js";
import type { Fit, FitStatus } from "./types.js";

/** What `fit` does, with the methods that its entry knows by name. */
export async function runFit(
  caller: string,
  args: readonly [f: unknown, parameters: unknown, data: unknown, options: unknown],
  methods: MethodTable,
): Promise<Fit<unknown>> {
  const checked = checkFit(caller, ...args, methods);
  const { parameters, lower, upper, maxIterations, tolerance, signal, onProgress } = checked;
  const count = parameters.values.length;
  const observations = observationsOf(checked);
  if (observations < count)
    throw new OdeError(`${caller}: expected at least as many observations as the ${count} parameters, got ${observations}.`);
  const first = residualsOf(checked, parameters.values, true);
  if (first === undefined)
    throw new OdeError(`${caller}: expected finite states and derivatives at the parameters to begin with, got NaN or Infinity.`);
  const start: FitPoint = { ...first, x: parameters.values.slice(), sum: squares(first.values) };
  const problem = {
    residuals: (x: Float64Array) => residualsOf(checked, x, false),
    lower,
    upper,
    maxIterations,
    tolerance,
  };
  let last: Iteration = { place: start, iterations: 0, end: undefined };
  for (const iteration of levenbergMarquardt(problem, start)) {
    last = iteration;
    const { place, iterations } = iteration;
    onProgress?.({ iteration: iterations, sum: place.sum, parameters: presentParameters(parameters, place.x) as never });
    await nextMacrotask();
    throwIfAborted(caller, signal);
  }
  return resultOf(checked, last);
}

function resultOf(checked: CheckedFit, { place, iterations, end }: Iteration): Fit<unknown> {
  const { parameters, lower, upper, data } = checked;
  const count = place.x.length;
  const free = Array.from(place.x.keys()).filter((j) => place.x[j]! > lower[j]! && place.x[j]! < upper[j]!);
  const known = covarianceOf(place, free);
  const spare = place.values.length - free.length;
  const variance = data.every(({ knowsSigma }) => knowsSigma) ? 1 : spare > 0 ? place.sum / spare : Number.POSITIVE_INFINITY;
  const covariance = Array.from({ length: count }, () => new Float64Array(count));
  free.forEach((i, a) => {
    free.forEach((j, b) => {
      covariance[i]![j] = known === undefined ? (i === j ? Number.POSITIVE_INFINITY : Number.NaN) : variance * known[a]![b]!;
    });
  });
  return {
    status: statusOf(end!, known !== undefined, iterations),
    parameters: presentParameters(parameters, place.x) as never,
    standardErrors: forEachNumber(
      parameters,
      covariance.map((row, j) => Math.sqrt(row[j]!)),
    ) as never,
    covariance,
    sum: place.sum,
    residuals: residualRows(checked, place.values),
    observations: place.values.length,
    iterations,
  };
}

/** Residuals by data set and time; NaN where nothing was observed. */
function residualRows({ data }: CheckedFit, values: Float64Array): Float64Array[][] {
  let next = 0;
  return data.map((set) => {
    const width = set.components.length;
    const all = set.values.map((value) => (Number.isNaN(value) ? Number.NaN : values[next++]!));
    return Array.from({ length: all.length / width }, (_, i) => all.slice(i * width, (i + 1) * width));
  });
}

function statusOf(end: NonNullable<Iteration["end"]>, determined: boolean, iterations: number): FitStatus {
  if (end === "converged" && !determined)
    return {
      kind: "undetermined",
      message: `the sum of squares is least here and elsewhere after ${iterations} iterations: the observations do not determine all parameters; observe more, or leave some of them out.`,
    };
  const message = {
    converged: `converged after ${iterations} iterations.`,
    maxIterations: `reached maxIterations after ${iterations}; raise it, or start closer.`,
    noProgress: `no step lowers the sum of squares after ${iterations} iterations; tighten rtol and atol, or check the derivatives that were given.`,
  }[end];
  return { kind: end, message };
}
