import { OdeError } from "../../errors.js";
import { float64Systems } from "../../state/float64-linearizer.js";
import { straightLine } from "../explicit/dense-output.js";
import { RosenbrockStepper } from "./rosenbrock-stepper.js";
import type { RosenbrockMethod, RosenbrockTableau } from "./rosenbrock-tableau.js";

/** Checks that a tableau's rows fit together, and makes its steps. That the coefficients are right, tests of its order show. */
export function rosenbrockMethod(tableau: RosenbrockTableau): RosenbrockMethod {
  const { name, nodes, timeWeights, coupling, couplingOfSlopes, weights, errorWeights, dense } = tableau;
  const stages = nodes.length;
  const check = (holds: boolean, what: string) => {
    if (!holds) throw new OdeError(`rosenbrockMethod: expected ${what} in the tableau of ${name}; check its coefficients.`);
  };
  for (const rows of [coupling, couplingOfSlopes])
    check(rows.length === stages && rows.every((row, i) => row.length === i), "one row of i coefficients for stage i");
  check(
    [timeWeights, weights, errorWeights, dense.polynomials].every(({ length }) => length === stages),
    "one weight a stage",
  );
  const method: RosenbrockMethod = {
    ...tableau,
    estimatesError: true,
    implicit: float64Systems,
    exactJacobian: true,
    stepper(space, f, linearizer) {
      return new RosenbrockStepper(this, space, f, linearizer);
    },
    linear() {
      return { ...this, dense: straightLine(weights) };
    },
  };
  return Object.freeze(method);
}
