import { checkNumber, checkOptions, nextMacrotask, throwIfAborted } from "@latentflow/core";
import { LatentEditError } from "./errors.js";
import { columnMeans, dot, type Matrix, type MatrixLike, subtractRow, toMatrix } from "./matrix.js";
import { certify } from "./svm-certificate.js";
import { RoundedHingeNewton } from "./svm-newton.js";

export interface LinearSvmOptions {
  /** Price of a unit of hinge loss against ½‖w‖² (default 1). */
  C?: number;
  /** Stop when the duality gap is below this share of the primal objective (default 1e-4). */
  tolerance?: number;
  /** Most Newton steps (default 500). */
  maxIterations?: number;
  signal?: AbortSignal;
}

export interface LinearSvm {
  /** Normal of the hyperplane w·x + intercept = 0, pointing to the class +1. [d] */
  readonly weights: Float64Array;
  readonly intercept: number;
  /** Primal minus dual objective at the solution returned: both are feasible, so the optimum lies no further below than this. */
  readonly dualityGap: number;
  /** ½‖w‖² + C Σ max(0, 1 − y(w·x + b)). */
  readonly objective: number;
  /** Bound on ‖weights − exact weights‖ that follows from the gap, √(2 · gap). */
  readonly errorBound: number;
  /** Newton steps taken. */
  readonly iterations: number;
  /** False when `maxIterations` ran out first. */
  readonly converged: boolean;
  /** Rows with a positive multiplier. */
  readonly supportVectors: number;
}

/** Width of the hinge's rounded corner to begin with; each round takes a quarter of the last. */
const FIRST_WIDTH = 0.25;

/**
 * Linear C-SVM with hinge loss and an unregularised intercept, as `SVC(kernel="linear")`: min ½‖w‖² + C Σ max(0, 1 − yᵢ(w·xᵢ + b)).
 *
 * Newton's method on the primal with the hinge's corner rounded ever less (see `RoundedHingeNewton`), until the gap between this objective and
 * the dual one, both at feasible points, is small enough. Rows are centred first: a free intercept makes that harmless to w.
 *
 * @param x [n, d]
 * @param y n labels: positive numbers are the one class, the rest the other
 * @throws LatentEditError when a class is missing or the inputs do not fit
 */
export async function linearSvm(x: MatrixLike, y: ArrayLike<number>, options: LinearSvmOptions = {}): Promise<LinearSvm> {
  checkOptions("linearSvm", options, ["C", "tolerance", "maxIterations", "signal"], LatentEditError);
  const C = checkNumber("linearSvm", "C", options.C ?? 1, { above: 0 }, LatentEditError);
  const tolerance = checkNumber("linearSvm", "tolerance", options.tolerance ?? 1e-4, { above: 0 }, LatentEditError);
  const maxIterations = checkNumber(
    "linearSvm",
    "maxIterations",
    options.maxIterations ?? 500,
    { min: 1, integer: true },
    LatentEditError,
  );
  const rows = toMatrix("linearSvm", "x", x);
  const signs = signsOf(rows, y);
  const mean = columnMeans(rows);
  subtractRow(rows, mean);

  const newton = new RoundedHingeNewton(rows, signs, C);
  let best = certify(rows, signs, C, new Float64Array(rows.rows));
  let iterations = 0;
  for (let h = FIRST_WIDTH; iterations < maxIterations && best.gap > tolerance * best.primal; h /= 4) {
    for (let gradient = Number.POSITIVE_INFINITY; gradient > 1e-5 && iterations < maxIterations; iterations++) {
      throwIfAborted("linearSvm", options.signal);
      await nextMacrotask();
      gradient = newton.step(h);
    }
    const certificate = certify(rows, signs, C, newton.multipliers(h));
    if (certificate.gap < best.gap) best = certificate;
    newton.extrapolate();
  }
  return {
    weights: best.weights,
    intercept: best.intercept - dot(best.weights, mean),
    dualityGap: best.gap,
    objective: best.primal,
    errorBound: Math.sqrt(2 * Math.max(0, best.gap)),
    iterations,
    converged: best.gap <= tolerance * best.primal,
    supportVectors: best.alpha.filter((a) => a > 0).length,
  };
}

function signsOf(rows: Matrix, y: ArrayLike<number>): Int8Array {
  if (y.length !== rows.rows)
    throw new LatentEditError(`linearSvm: expected one label for each of ${rows.rows} rows, got ${y.length}.`);
  const signs = Int8Array.from({ length: y.length }, (_, i) => (y[i]! > 0 ? 1 : -1));
  if (!signs.includes(1) || !signs.includes(-1)) {
    throw new LatentEditError("linearSvm: expected labels of two classes (positive numbers, and the rest), got one class only.");
  }
  return signs;
}
