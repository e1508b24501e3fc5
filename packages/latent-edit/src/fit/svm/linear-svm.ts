import {
  type DeclaredOptions,
  type GivenOptions,
  type Matrix,
  type MatrixLike,
  type Numbers,
  type OptionValues,
  readOptions,
  SIGNAL,
} from "@latentflow/core";
import { LatentEditError } from "../../errors.js";
import { readMatrix, toNumbers } from "../../input/matrix.js";
import { columnMeans, dot, scaleOf, subtractRow } from "../../linear-algebra/rows.js";
import { type SolveOptions, solveSvm } from "./solve.js";

export const SVM = {
  /** Price of a unit of hinge loss against ½‖w‖² (default 1). */
  C: { default: 1, above: 0 },
  /** Stop when the duality gap is below this share of the primal objective (default 1e-4). */
  tolerance: { default: 1e-4, above: 0 },
  /** Most Newton steps (default 500). */
  maxIterations: { default: 500, min: 1, integer: true },
} as const satisfies DeclaredOptions;

const LINEAR_SVM = { ...SVM, signal: SIGNAL } as const satisfies DeclaredOptions;

export interface LinearSvmOptions extends GivenOptions<typeof LINEAR_SVM> {}

export interface LinearSvm {
  /** Normal of the hyperplane w·x + intercept = 0, pointing to the class +1. [d]; zeros where nothing separates the classes. */
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
  /** Whether the tolerance was met. False when `maxIterations` ran out first, or float64 has no digits left for it: see `dualityGap` for what was. */
  readonly converged: boolean;
  /** Rows with a positive multiplier. */
  readonly supportVectors: number;
}

/**
 * Linear C-SVM with hinge loss and an unregularised intercept, as `SVC(kernel="linear")`: min ½‖w‖² + C Σ max(0, 1 − yᵢ(w·xᵢ + b)).
 *
 * Newton's method on the primal with the hinge's corner rounded (see `RoundedHingeNewton` and `solveSvm`), until the gap between this objective
 * and the dual one, both at feasible points, is small enough. Rows are centred and scaled first: a free intercept and a C that goes with the
 * scale make that harmless to w, and rows of any size will do.
 *
 * @param x [n, d]
 * @param y n labels: positive numbers are the one class, the rest the other
 * @throws LatentEditError when a class is missing or the inputs do not fit
 */
export async function linearSvm(x: MatrixLike, y: Numbers, options: LinearSvmOptions = {}): Promise<LinearSvm> {
  const settings = readOptions("linearSvm", LINEAR_SVM, options, LatentEditError);
  return fitLinearSvm("linearSvm", await readMatrix("linearSvm", "x", x), y, settings, undefined, settings.signal);
}

/**
 * The same on behalf of `caller`.
 *
 * @param rows overwritten
 * @param angle see `SolveOptions`
 */
export async function fitLinearSvm(
  caller: string,
  rows: Matrix,
  y: Numbers,
  { C, tolerance, maxIterations }: OptionValues<typeof SVM>,
  angle: number | undefined,
  signal: AbortSignal | undefined,
): Promise<LinearSvm> {
  const signs = signsOf(caller, rows, y);
  const mean = columnMeans(rows);
  subtractRow(rows, mean);
  // min ½‖w‖² + C Σ … over rows x is, over rows x/s, the same problem with C s²: its w is s times as long, its objective s² times as large.
  const scale = scaleOf(rows);
  for (let i = 0; i < rows.data.length; i++) rows.data[i]! /= scale;
  const price = C * scale * scale;
  if (!(price > 1e-200 && price < 1e200)) {
    throw new LatentEditError(
      `${caller}: expected rows and C of a size that float64 can square, got rows of about ${scale.toExponential(0)} and C = ${C}; divide the rows by ${scale.toExponential(0)}.`,
    );
  }
  const how: SolveOptions = { tolerance, angle, maxIterations, signal };
  const { best, iterations, converged } = await solveSvm(caller, rows, signs, price, how);
  const weights = best.weights.map((w) => w / scale);
  const gap = best.gap / scale / scale;
  return {
    weights,
    intercept: best.intercept - dot(weights, mean),
    dualityGap: gap,
    objective: best.primal / scale / scale,
    errorBound: Math.sqrt(2 * gap),
    iterations,
    converged,
    supportVectors: best.alpha.filter((a) => a > 0).length,
  };
}

function signsOf(caller: string, rows: Matrix, y: Numbers): Int8Array {
  const labels = toNumbers(caller, "y", y);
  if (labels.length !== rows.rows)
    throw new LatentEditError(`${caller}: expected one label for each of ${rows.rows} rows, got ${labels.length}.`);
  if (labels.some(Number.isNaN)) throw new LatentEditError(`${caller}: expected labels that are numbers, got NaN.`);
  const signs = Int8Array.from(labels, (label) => (label > 0 ? 1 : -1));
  if (!signs.includes(1) || !signs.includes(-1)) {
    throw new LatentEditError(`${caller}: expected labels of two classes (positive numbers, and the rest), got one class only.`);
  }
  return signs;
}
