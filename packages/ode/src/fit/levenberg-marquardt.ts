import { inverseOfSquare, solveLeastSquares } from "../linear-algebra/least-squares.js";

/** Residuals at a place, and their derivatives: of residual i with respect to parameter j at i · parameters + j. */
export interface Residuals {
  readonly values: Float64Array;
  readonly jacobian: Float64Array;
}

/** What is minimised: Σ r(x)² within lower ≤ x ≤ upper. */
export interface LeastSquares {
  /** Undefined where there are no residuals: the place is avoided. */
  readonly residuals: (x: Float64Array) => Residuals | undefined;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  readonly maxIterations: number;
  /** A sum of squares that could fall by no more than this share is the least. */
  readonly tolerance: number;
}

/** A place with its residuals. */
export interface FitPoint extends Residuals {
  readonly x: Float64Array;
  readonly sum: number;
}

/** After each iteration. */
export interface Iteration {
  readonly place: FitPoint;
  readonly iterations: number;
  /** Set when it was the last. */
  readonly end: "converged" | "maxIterations" | "noProgress" | undefined;
}

const FIRST_DAMPING = 1e-3;
const LARGEST_DAMPING = 1e15;
/** A step counts where the sum falls by this share of what its linear model foretold. */
const ENOUGH = 1e-4;
/** Parameters that a step changes by a smaller share are found; by less than the second, where the sum no longer falls. */
const SMALLEST_CHANGE = 1e-9;
const NOISE = 1e-5;

/**
 * Damped Gauss–Newton steps: min ‖r + J s‖² + λ ‖D s‖², D the columns' norms, which makes the steps independent of the parameters' units (Moré,
 * Numerical Analysis, LNM 630 (1978)); λ after Nielsen (IMM-REP-1999-05). Parameters at a bound that the sum pushes them against stay there.
 */
export function* levenbergMarquardt(problem: LeastSquares, start: FitPoint): Generator<Iteration, void, void> {
  const { lower, upper, maxIterations, tolerance } = problem;
  const count = start.x.length;
  const scale = new Float64Array(count);
  let [place, damping, growth] = [start, FIRST_DAMPING, 2];
  for (let iterations = 1; ; iterations++) {
    const gradient = gradientOf(place);
    const free = Array.from(gradient.keys()).filter(
      (j) => !((place.x[j]! <= lower[j]! && gradient[j]! > 0) || (place.x[j]! >= upper[j]! && gradient[j]! < 0)),
    );
    for (const j of free) scale[j] = Math.max(scale[j]!, columnNorm(place, j)) || 1;
    let end: Iteration["end"] = free.length === 0 || place.sum === 0 ? "converged" : undefined;
    let moved = false;
    while (end === undefined && !moved) {
      const x = boundedStep(place, free, scale, damping, problem);
      const foretold = place.sum - modelSum(place, x);
      const change = Math.max(...x.map((value, j) => Math.abs(value - place.x[j]!) / Math.abs(value)));
      // Of steps that are short because longer ones failed they tell nothing.
      if (!(foretold > tolerance * place.sum && change > SMALLEST_CHANGE)) end = damping <= 1 ? "converged" : "noProgress";
      const tried = problem.residuals(x);
      const sum = tried === undefined ? Number.POSITIVE_INFINITY : squares(tried.values);
      const gain = (place.sum - sum) / foretold;
      if (gain > ENOUGH && Number.isFinite(sum)) {
        place = { ...tried!, x, sum };
        damping *= Math.max(1 / 3, 1 - (2 * gain - 1) ** 3);
        growth = 2;
        moved = true;
      } else {
        // The sum of squares that is left may be but the solves' own error.
        if (damping <= 1 && change < NOISE) end = "converged";
        damping *= growth;
        growth *= 2;
        if (end === undefined && damping > LARGEST_DAMPING) end = "noProgress";
      }
    }
    if (end === undefined && iterations >= maxIterations) end = "maxIterations";
    yield { place, iterations, end };
    if (end !== undefined) return;
  }
}

/** (JᵀJ)⁻¹ for the parameters that may move; undefined where the residuals do not determine them. */
export function covarianceOf({ values, jacobian, x }: FitPoint, free: readonly number[]): Float64Array[] | undefined {
  const rows = values.length;
  const picked = new Float64Array(rows * free.length);
  for (let i = 0; i < rows; i++) for (const [k, j] of free.entries()) picked[i * free.length + k] = jacobian[i * x.length + j]!;
  solveLeastSquares(picked, free.length, new Float64Array(rows));
  return inverseOfSquare(picked, free.length);
}

/** Where the damped step leads; parameters that would pass a bound are put there, and the others have their best step beside that. */
function boundedStep(
  place: FitPoint,
  free: readonly number[],
  scale: Float64Array,
  damping: number,
  { lower, upper }: LeastSquares,
): Float64Array {
  const x = place.x.slice();
  for (let moving = free; moving.length > 0; ) {
    const step = dampedStep(place, x, moving, scale, damping);
    const passed = moving.filter((j, k) => !(x[j]! + step[k]! >= lower[j]! && x[j]! + step[k]! <= upper[j]!));
    if (passed.length === 0) {
      for (const [k, j] of moving.entries()) x[j]! += step[k]!;
      return x;
    }
    for (const j of passed) x[j] = step[moving.indexOf(j)]! < 0 ? lower[j]! : upper[j]!;
    moving = moving.filter((j) => !passed.includes(j));
  }
  return x;
}

/** Minimises ‖r + J (from + s − x)‖² + λ ‖D s‖² over steps s of some parameters. */
function dampedStep(
  { values, jacobian, x }: FitPoint,
  from: Float64Array,
  moving: readonly number[],
  scale: Float64Array,
  damping: number,
): Float64Array {
  const [rows, columns] = [values.length, moving.length];
  const a = new Float64Array((rows + columns) * columns);
  const b = new Float64Array(rows + columns);
  for (let i = 0; i < rows; i++) {
    let value = values[i]!;
    for (let j = 0; j < x.length; j++) value += jacobian[i * x.length + j]! * (from[j]! - x[j]!);
    b[i] = -value;
    for (let k = 0; k < columns; k++) a[i * columns + k] = jacobian[i * x.length + moving[k]!]!;
  }
  for (let k = 0; k < columns; k++) a[(rows + k) * columns + k] = Math.sqrt(damping) * scale[moving[k]!]!;
  return solveLeastSquares(a, columns, b);
}

/** ‖r + J (to − x)‖². */
function modelSum({ values, jacobian, x }: FitPoint, to: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    let value = values[i]!;
    for (let j = 0; j < x.length; j++) value += jacobian[i * x.length + j]! * (to[j]! - x[j]!);
    sum += value * value;
  }
  return sum;
}

function gradientOf({ values, jacobian, x }: FitPoint): Float64Array {
  const gradient = new Float64Array(x.length);
  for (let i = 0; i < values.length; i++)
    for (let j = 0; j < x.length; j++) gradient[j]! += jacobian[i * x.length + j]! * values[i]!;
  return gradient;
}

function columnNorm({ values, jacobian, x }: FitPoint, j: number): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += jacobian[i * x.length + j]! ** 2;
  return Math.sqrt(sum);
}

export function squares(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! ** 2;
  return sum;
}
