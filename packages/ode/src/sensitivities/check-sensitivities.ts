import { type DeclaredOptions, describeValue, readOptions } from "@latentflow/core";
import { OdeError } from "../errors.js";
import { checkDynamics, checkInitialState, checkOptionsObject, checkTimes } from "../input/check-arguments.js";
import { checkNumbersLike, checkNumberTree, type NumberTree } from "../input/numbers-like.js";
import { type LooseOptions, SOLVE_OPTIONS } from "../input/plan.js";
import type { MethodTable } from "../methods/choose.js";
import { readJacobian } from "../state/given-jacobian.js";
import type { SensitivitiesOf } from "./options.js";
import type { ParametricCall } from "./variational-problem.js";

/** What `readDerivativeOptions` reads besides the options of every solve. */
export const DERIVATIVE_OPTIONS = ["parameterJacobian", "scales"] as const;

const SENSITIVITIES = {
  of: { default: "both", choices: ["parameters", "y0", "both"] },
} as const satisfies DeclaredOptions;

/** The arguments of `sensitivities`, checked. */
export function checkSensitivities(
  caller: string,
  f: unknown,
  y0: unknown,
  parameters: unknown,
  t: unknown,
  options: unknown,
  methods: MethodTable,
): { readonly call: ParametricCall; readonly of: SensitivitiesOf } {
  checkOptionsObject(caller, options);
  const known = [...SOLVE_OPTIONS, ...DERIVATIVE_OPTIONS];
  const { of: wanted } = readOptions(caller, SENSITIVITIES, options, OdeError, known);
  const { of, ...others } = options as { readonly of?: unknown };
  const tree = checkNumberTree(caller, "parameters", parameters);
  const times = checkTimes(caller, t);
  if (times.tensor !== undefined) throw new OdeError(`${caller}: expected t to be numbers, got a tensor.`);
  return {
    of: wanted,
    call: {
      caller,
      f: checkDynamics(caller, f),
      y0: checkNumbers(caller, y0),
      times,
      parameters: tree,
      methods,
      extra: [],
      ...readDerivativeOptions(caller, others, tree),
    },
  };
}

/** y0 of numbers. */
export function checkNumbers(caller: string, y0: unknown): ParametricCall["y0"] {
  const checked = checkInitialState(caller, y0);
  if (checked.kind === "numbers") return checked;
  throw new OdeError(
    `${caller}: expected y0 to be numbers and Float64Arrays, got tensors; take gradients of those through odeint or odeintAdjoint.`,
  );
}

/** Takes what is about f's derivatives out of the options, and checks it. */
export function readDerivativeOptions(
  caller: string,
  options: object,
  parameters: NumberTree,
): Pick<ParametricCall, "jacobian" | "parameterJacobian" | "scales"> & { readonly options: LooseOptions } {
  const { jacobian, jacobianBand, parameterJacobian, scales, ...others } = options as Readonly<Record<string, unknown>>;
  if (others.args !== undefined)
    throw new OdeError(
      `${caller}: args does not apply: f's third argument is the parameters; put them there, or close over them.`,
    );
  if (parameterJacobian !== undefined && typeof parameterJacobian !== "function") {
    throw new OdeError(
      `${caller}: expected parameterJacobian to be a function (t, y, parameters) => rows of ∂f/∂p, got ${describeValue(parameterJacobian)}.`,
    );
  }
  const sizes = checkNumbersLike(caller, "scales", scales, parameters, Number.NaN);
  const own = sizes.map((size, i) => (scales === undefined ? Math.abs(parameters.values[i]!) || 1 : size));
  if (!own.every((size) => size > 0 && Number.isFinite(size)))
    throw new OdeError(`${caller}: expected scales to be finite numbers above 0, got ${describeValue(scales)}.`);
  return {
    options: others as unknown as LooseOptions,
    jacobian: readJacobian(caller, { jacobian, jacobianBand }),
    parameterJacobian: parameterJacobian as ParametricCall["parameterJacobian"],
    scales: own,
  };
}
