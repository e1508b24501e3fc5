import { OdeError } from "../../errors.js";
import type { Polynomials } from "../../state/polynomials.js";

/** Dense output: y(t0 + x h) = y0 + h Σᵢ pᵢ(x) kᵢ over the stages, with f(t1, y1) as one more stage where it is needed. */
export interface DenseOutput {
  /** q: the error inside one step that starts from exact values is O(h^(q+1)), for every x. */
  readonly order: number;
  readonly polynomials: Polynomials;
  /** Whether the last polynomial belongs to f(t1, y1). A solve evaluates that at the start of its next step anyway. */
  readonly usesEndSlope: boolean;
}

/** An explicit Runge–Kutta method as data, in Butcher's notation. Each method's own comment says where its coefficients were published. */
export interface Tableau {
  readonly name: string;
  /** Order p of the solution that is propagated. */
  readonly order: number;
  /** cᵢ. */
  readonly nodes: readonly number[];
  /** aᵢⱼ, j < i: row i has i entries. */
  readonly coupling: readonly (readonly number[])[];
  /** bᵢ. */
  readonly weights: readonly number[];
  /** bᵢ − b̂ᵢ, for methods that estimate their error. */
  readonly errorWeights?: readonly number[];
  readonly dense: DenseOutput;
}

/** A row of a tableau without its zeros. */
export interface SparseRow {
  readonly weights: Float64Array;
  /** The stages that these weights belong to, from 0. */
  readonly stages: Int32Array;
}

/** A checked tableau. */
export interface ExplicitMethod extends Tableau {
  readonly kind: "explicit-runge-kutta";
  /** `coupling`, `weights` and `errorWeights` again as the solver reads them: engines box the numbers of a frozen array. */
  readonly fast: {
    readonly coupling: readonly Float64Array[];
    readonly weights: Float64Array;
    readonly errorWeights: Float64Array | undefined;
    /** The same without zeros. */
    readonly sparse: {
      readonly coupling: readonly SparseRow[];
      readonly weights: SparseRow;
      readonly errorWeights: SparseRow | undefined;
    };
  };
  /** First same as last: the last stage is f(t1, y1), the next step's first. */
  readonly firstSameAsLast: boolean;
}

const ROUNDING = 1e-13;

/** Checks a tableau (row sums Σⱼ aᵢⱼ = cᵢ, Σ b = 1, Σ (b − b̂) = 0, dense output that ends in b) and freezes it. */
export function explicitMethod(tableau: Tableau): ExplicitMethod {
  const { name, nodes, coupling, weights, errorWeights, dense } = tableau;
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
  const rows = dense.polynomials;
  check(rows.length === stages + (dense.usesEndSlope ? 1 : 0), "one dense-output polynomial a stage");
  check(
    rows.every((row, i) => near(sum(row), weights[i] ?? 0, row)),
    "dense output that reaches y1 at x = 1",
  );
  const last = coupling[stages - 1]!;
  const firstSameAsLast = stages > 1 && nodes[stages - 1] === 1 && weights.every((weight, i) => weight === (last[i] ?? 0));
  const fast = {
    coupling: coupling.map((row) => Float64Array.from(row)),
    weights: Float64Array.from(weights),
    errorWeights: errorWeights === undefined ? undefined : Float64Array.from(errorWeights),
    sparse: {
      coupling: coupling.map(sparse),
      weights: sparse(weights),
      errorWeights: errorWeights === undefined ? undefined : sparse(errorWeights),
    },
  };
  return deepFreeze({ ...tableau, kind: "explicit-runge-kutta" as const, fast, firstSameAsLast });
}

function sparse(row: readonly number[]): SparseRow {
  const used = Array.from(row.keys()).filter((j) => row[j] !== 0);
  return { weights: Float64Array.from(used, (j) => row[j]!), stages: Int32Array.from(used) };
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
