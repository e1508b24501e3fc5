import { checkNumber, describeValue } from "@latentflow/core";
import { OdeError } from "../errors.js";
import type { Band } from "../linear-algebra/band.js";

/** What a caller says about ∂f/∂y, unchecked. */
export interface JacobianOptions {
  readonly jacobian?: unknown;
  readonly jacobianBand?: unknown;
}

/** What is known of ∂f/∂y besides f itself. */
export interface JacobianPlan {
  readonly given: ((t: number, y: unknown, args: unknown) => unknown) | undefined;
  readonly band: Band | undefined;
}

/** Checks the options. Called where a Jacobian is needed, so that programs with explicit methods alone stay small. */
export function readJacobian(caller: string, { jacobian, jacobianBand }: JacobianOptions): JacobianPlan {
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
