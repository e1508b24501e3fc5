import { OdeError } from "../../errors.js";
import { rowOf } from "../../state/row.js";
import { cubicHermite, straightLine } from "./dense-output.js";
import { stabilityPolynomial } from "./stability-polynomial.js";
import { ExplicitStepper } from "./stepper.js";
import type { ExplicitMethod, Tableau } from "./tableau.js";

const ROUNDING = 1e-13;

/** Checks a tableau (row sums Σⱼ aᵢⱼ = cᵢ, Σ b = 1, Σ (b − b̂) = 0, dense output that ends in b), freezes it, and makes its steps. */
export function methodOf(tableau: Tableau): ExplicitMethod {
  const { name, order, nodes, coupling, weights, errorWeights, dense: own } = tableau;
  const stages = nodes.length;
  const check = (holds: boolean, what: string) => {
    if (!holds) throw new OdeError(`explicitMethod: expected ${what} in the tableau of ${name}; check its coefficients.`);
  };
  check(coupling.length === stages && coupling.every((row, i) => row.length === i), "one row of i coefficients for stage i");
  check(
    coupling.every((row, i) => near(sum(row), nodes[i]!, row)),
    "row sums equal to the nodes",
  );
  check(weights.length === stages && near(sum(weights), 1, weights), "weights that sum to 1");
  check(
    errorWeights === undefined || (errorWeights.length === stages && near(sum(errorWeights), 0, errorWeights)),
    "error weights that sum to 0",
  );
  const last = coupling[stages - 1]!;
  const firstSameAsLast = stages > 1 && nodes[stages - 1] === 1 && weights.every((weight, i) => weight === (last[i] ?? 0));
  const dense = own ?? { ...cubicHermite(weights, firstSameAsLast), order: Math.min(3, order) };
  const rows = dense.polynomials;
  check(rows.length === stages + (dense.usesEndSlope ? 1 : 0), "one dense-output polynomial a stage");
  check(
    rows.every((row, i) => near(sum(row), weights[i] ?? 0, row)),
    "dense output that reaches y1 at x = 1",
  );
  const method: ExplicitMethod = {
    ...tableau,
    dense,
    firstSameAsLast,
    estimatesError: errorWeights !== undefined,
    fast: {
      coupling: coupling.map(rowOf),
      weights: rowOf(weights),
      errorWeights: errorWeights === undefined ? undefined : rowOf(errorWeights),
    },
    stepper(space, f) {
      return new ExplicitStepper(this, space, f);
    },
    linear() {
      return { ...this, dense: straightLine(weights) };
    },
    stabilityPolynomial: () => stabilityPolynomial(coupling, weights),
  };
  return deepFreeze(method);
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** Equality up to the rounding of a sum of such terms. */
const near = (a: number, b: number, terms: readonly number[]) =>
  Math.abs(a - b) <= ROUNDING * Math.max(1, ...terms.map(Math.abs));

function deepFreeze<T extends object>(value: T): T {
  // Typed arrays can't be frozen.
  if (ArrayBuffer.isView(value)) return value;
  for (const part of Object.values(value)) if (typeof part === "object" && part !== null) deepFreeze(part);
  return Object.freeze(value);
}
