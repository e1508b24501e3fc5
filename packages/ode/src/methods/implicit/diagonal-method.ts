import { OdeError } from "../../errors.js";
import { float64Systems } from "../../state/float64-linearizer.js";
import { cubicHermite, straightLine } from "../explicit/dense-output.js";
import { DiagonalStepper } from "./diagonal-stepper.js";
import type { DiagonalMethod, DiagonalTableau } from "./diagonal-tableau.js";

const ROUNDING = 1e-12;

/** Checks a tableau (row sums Σⱼ aᵢⱼ = cᵢ, Σ b = 1, Σ (b − b̂) = 0, one γ), and makes its steps. */
export function diagonalMethod(tableau: DiagonalTableau): DiagonalMethod {
  const { name, order, nodes, coupling, weights, errorWeights, predictor } = tableau;
  const check = (holds: boolean, what: string) => {
    if (!holds) throw new OdeError(`diagonalMethod: expected ${what} in the tableau of ${name}; check its coefficients.`);
  };
  const gamma = coupling.at(-1)?.at(-1);
  check(
    coupling.length === nodes.length && coupling.every((row, i) => row.length === i + 1),
    "one row of i + 1 coefficients for stage i",
  );
  check(coupling[0]![0] === 0 && coupling.slice(1).every((row) => row.at(-1) === gamma), "0 first and one γ on the diagonal");
  check(
    coupling.every((row, i) => near(sum(row), nodes[i]!)),
    "row sums equal to the nodes",
  );
  check(weights.length === nodes.length && near(sum(weights), 1), "weights that sum to 1");
  check(
    errorWeights === undefined || (errorWeights.length === nodes.length && near(sum(errorWeights), 0)),
    "error weights that sum to 0",
  );
  check(predictor === undefined || predictor.every((row, i) => i === 0 || near(sum(row), 1)), "predictor rows that sum to 1");
  const stifflyAccurate = nodes.at(-1) === 1 && weights.every((weight, i) => weight === coupling.at(-1)![i]);
  const dense = tableau.dense ?? { ...cubicHermite(weights, stifflyAccurate), order: Math.min(3, order) };
  const method: DiagonalMethod = {
    ...tableau,
    dense,
    estimatesError: errorWeights !== undefined,
    implicit: float64Systems,
    stepper(space, f, linearizer) {
      return new DiagonalStepper(this, space, f, linearizer);
    },
    linear() {
      return { ...this, dense: straightLine(weights) };
    },
  };
  return Object.freeze(method);
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

const near = (a: number, b: number) => Math.abs(a - b) <= ROUNDING;
