import { checkNumber, describeValue } from "@latentflow/core";
import { OdeError } from "../errors.js";
import type { Band } from "../linear-algebra/band.js";
import type { Method } from "../methods/method.js";

/** What a caller may say about ∂f/∂y. */
export const JACOBIAN_OPTIONS = ["jacobian", "jacobianBand"] as const;

/** What is known of ∂f/∂y besides f itself. */
export interface JacobianPlan {
  readonly given: ((t: number, y: unknown, args: unknown) => unknown) | undefined;
  readonly band: Band | undefined;
}

/** Checks the options; they apply to implicit methods alone. */
export function planJacobian(
  caller: string,
  options: { readonly jacobian?: unknown; readonly jacobianBand?: unknown },
  method: Method,
): JacobianPlan {
  const given = JACOBIAN_OPTIONS.filter((name) => options[name] !== undefined);
  if (given.length > 0 && !method.implicit) {
    throw new OdeError(
      `${caller}: ${given.join(", ")} ${given.length > 1 ? "do" : "does"} not apply to ${method.name}, which is explicit; leave it out, or take an implicit method.`,
    );
  }
  return readJacobian(caller, options);
}

/** The options alone, whatever they are used for. */
export function readJacobian(
  caller: string,
  { jacobian, jacobianBand }: { readonly jacobian?: unknown; readonly jacobianBand?: unknown },
): JacobianPlan {
  if (jacobian !== undefined && typeof jacobian !== "function")
    throw new OdeError(`${caller}: expected jacobian to be a function (t, y) => rows of ∂f/∂y, got ${describeValue(jacobian)}.`);
  return {
    given: jacobian as JacobianPlan["given"],
    band: jacobianBand === undefined ? undefined : checkBand(caller, jacobianBand),
  };
}

function checkBand(caller: string, given: unknown): Band {
  if (!Array.isArray(given) || given.length !== 2)
    throw new OdeError(`${caller}: expected jacobianBand to be [lower, upper], got ${describeValue(given)}.`);
  const [lower, upper] = given.map((value, i) =>
    checkNumber(caller, `jacobianBand[${i}]`, value, { min: 0, integer: true }, OdeError),
  );
  return { lower: lower!, upper: upper! };
}
