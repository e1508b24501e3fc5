import { OdeError } from "../errors.js";
import { requireArrival } from "../input/problem.js";
import { checkNumbers } from "../sensitivities/check-sensitivities.js";
import type { Column } from "../sensitivities/variational-equations.js";
import { type ParametricCall, variationalProblem } from "../sensitivities/variational-problem.js";
import { drive } from "../stepping/drive.js";
import { integrate } from "../stepping/integrate.js";
import { Outputs } from "../stepping/outputs.js";
import type { CheckedData } from "./check-data.js";
import type { CheckedFit } from "./check-fit.js";
import type { Residuals } from "./levenberg-marquardt.js";
import { leavesOf, presentParameters } from "./present.js";

/** What differences of y0 with respect to the parameters are taken beside. */
const DISPLACEMENT = 0.0000060554544523933395; // ∛ε, as a literal: a call would stay in programs that never make it

/** How many numbers were observed, in all data sets. */
export const observationsOf = ({ data }: CheckedFit): number =>
  data.reduce((count, { values }) => count + values.reduce((seen, value) => seen + (Number.isNaN(value) ? 0 : 1), 0), 0);

/**
 * (y − value) / sigma of all that was observed, and its derivatives with respect to the parameters, by a solve of each data set.
 *
 * @param mustArrive whether to throw where a solve does not reach the last observation; else undefined is returned
 */
export function residualsOf(fit: CheckedFit, values: Float64Array, mustArrive: boolean): Residuals | undefined {
  const count = values.length;
  const total = observationsOf(fit);
  const [residuals, jacobian] = [new Float64Array(total), new Float64Array(total * count)];
  let next = 0;
  for (const data of fit.data) {
    const states = solveData(fit, data, values, mustArrive);
    if (states === undefined) return undefined;
    const { size, components, sigma } = data;
    data.values.forEach((value, at) => {
      if (Number.isNaN(value)) return;
      const place = components[at % components.length]!;
      const state = states[Math.floor(at / components.length)]!;
      residuals[next] = (state[place]! - value) / sigma[at]!;
      for (let j = 0; j < count; j++)
        jacobian[next * count + j] = state[(j + 1) * size + place]! / fit.solving.scales[j]! / sigma[at]!;
      next++;
    });
  }
  const finite = residuals.every(Number.isFinite) && jacobian.every(Number.isFinite);
  return finite ? { values: residuals, jacobian } : undefined;
}

/** y and its scaled sensitivities at the times that were observed. */
function solveData(
  { caller, f, parameters, solving, methods }: CheckedFit,
  data: CheckedData,
  values: Float64Array,
  mustArrive: boolean,
): readonly Float64Array[] | undefined {
  const tree = { structure: parameters.structure, leaves: leavesOf(parameters, values), values };
  const startAt = (at: Float64Array) =>
    checkNumbers(caller, typeof data.y0 === "function" ? data.y0(presentParameters(parameters, at)) : data.y0);
  const call: ParametricCall = {
    ...solving,
    caller,
    f,
    y0: startAt(values),
    times: { values: data.times, tensor: undefined },
    parameters: tree,
    methods,
    extra: [],
  };
  const columns = Array.from(solving.scales, (scale, parameter): Column => {
    if (typeof data.y0 !== "function") return { parameter, scale, start: new Float64Array(data.size) };
    const displaced = (sign: number) => {
      const at = values.slice();
      at[parameter]! += sign * DISPLACEMENT * scale;
      return { value: at[parameter]!, y0: packed(startAt(at), data, caller) };
    };
    const [above, below] = [displaced(1), displaced(-1)];
    const start = above.y0.map((value, i) => (value - below.y0[i]!) / (above.value - below.value));
    return { parameter, scale, start };
  });
  const { problem } = variationalProblem(call, columns);
  const outputs = new Outputs(problem.space, data.times, problem.y0);
  const { status } = drive(problem.space, integrate(problem, outputs));
  if (mustArrive) requireArrival(`${caller}: ${data.name}`, status);
  if (status.kind !== "finished") return undefined;
  return data.startsObserved ? outputs.states : outputs.states.slice(1);
}

function packed({ leaves }: ParametricCall["y0"], { size, name }: CheckedData, caller: string): Float64Array {
  const numbers = Float64Array.from(leaves.flatMap((leaf) => (typeof leaf === "number" ? leaf : [...leaf])));
  if (numbers.length === size) return numbers;
  throw new OdeError(`${caller}: expected ${name}.y0 to hold ${size} numbers for all parameters, got ${numbers.length}.`);
}
