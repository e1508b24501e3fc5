import type { Matrix } from "@latentflow/core";
import { addOuterProducts, factorCholesky, solveCholesky } from "../../linear-algebra/cholesky.js";
import { dot, rowOf } from "../../linear-algebra/rows.js";
import { addScaled, rowTimes } from "./certificate.js";
import { solveNormalEquations } from "./least-squares.js";

/** Above this ratio of a Newton matrix's largest entry to its smallest curvature, its Cholesky factor has too few digits left. */
const WIDE = 1e11;

/** What a step must gain of the objective at least: below it, only rounding moves. */
const ROUNDING = 4e-16;

/** Curvature that the intercept, which has none of its own, is given while there are rows on the corner. */
const INTERCEPT_CURVATURE = 1e-9;

/**
 * Newton's method on the primal with the hinge's corner rounded to a parabola (O. Chapelle, "Training a support vector machine in the primal",
 * 2007). A row's multiplier is α = min(C, max(0, c + σ(1 − m))) for its margin m: around the centre c it follows the margin with slope σ. Rows
 * with 0 < α < C are on the corner, and only they enter the Newton system. The last coordinate of θ is the intercept.
 *
 * For c = C/2 the corner is 2h = C/σ wide, and the exact hinge is the limit σ → ∞. With the multipliers of one solution as the centres of the
 * next (`recentre`) it is met at a fixed σ already: the method of multipliers (Rockafellar, 1976).
 */
export class RoundedHingeNewton {
  private readonly theta: Float64Array;
  private margins: Float64Array;
  private centre: Float64Array;
  private previous: Float64Array | undefined;
  /** Rows on the corner at the last step, and the lower triangle of their Σ xxᵀ. */
  private corner = new Set<number>();
  private readonly cornerProducts: Float64Array;

  /** @param centre of all rows, to begin with */
  constructor(
    private readonly rows: Matrix,
    private readonly signs: Int8Array,
    private readonly C: number,
    centre: number,
  ) {
    this.theta = new Float64Array(rows.columns + 1);
    this.margins = new Float64Array(rows.rows);
    this.centre = new Float64Array(rows.rows).fill(centre);
    this.cornerProducts = new Float64Array((rows.columns + 1) ** 2);
  }

  /**
   * Moves to where the solution for a quarter of the corner's width should lie, while all centres are C/2. While no row changes its place on the
   * hinge, the solution is linear in the width, so the line through the last two widths' solutions, four to one, leads there.
   */
  extrapolate(): void {
    const { theta, previous } = this;
    this.previous = Float64Array.from(theta);
    if (previous === undefined) return;
    const direction = theta.map((x, k) => x - previous[k]!);
    this.move(direction, this.marginsOf(direction), 0.25);
  }

  /** Multipliers at the present point, 0 ≤ α ≤ C. */
  multipliers(sigma: number): Float64Array {
    return this.margins.map((_, i) => this.multiplier(i, sigma));
  }

  /** A copy of the present normal. */
  weights(): Float64Array {
    return this.theta.slice(0, -1);
  }

  /**
   * Takes the present multipliers as centres, and margins anew from θ, free of the steps' rounding.
   *
   * @returns how far margins still were from where the exact hinge wants them: the largest change of a centre, over σ
   */
  recentre(sigma: number): number {
    const next = this.multipliers(sigma);
    const change = next.reduce((largest, alpha, i) => Math.max(largest, Math.abs(alpha - this.centre[i]!)), 0);
    this.centre = next;
    this.margins = this.marginsOf(this.theta);
    return change / sigma;
  }

  /**
   * One Newton step for slope σ, with an exact line search.
   *
   * @returns the gradient's norm before the step, relative to that of the loss part; 0 when the step gained no more than rounding does
   */
  step(sigma: number): number {
    const { corner, gradient, scale, multipliers } = this.gradientAt(sigma);
    const relative = Math.sqrt(dot(gradient, gradient)) / scale;
    const direction = this.solve(corner, gradient, sigma);
    const change = this.marginsOf(direction);
    const { length, slope } = this.lineSearch(direction, change, sigma);
    // Of about this size is the objective.
    const size = multipliers + dot(this.theta, this.theta) / 2;
    this.move(direction, change, length);
    return -slope * length <= ROUNDING * size ? 0 : relative;
  }

  private multiplier(i: number, sigma: number): number {
    return Math.min(this.C, Math.max(0, this.centre[i]! + sigma * (1 - this.margins[i]!)));
  }

  private move(direction: Float64Array, change: Float64Array, length: number): void {
    for (let k = 0; k < direction.length; k++) this.theta[k]! += length * direction[k]!;
    for (let i = 0; i < change.length; i++) this.margins[i]! += length * change[i]!;
  }

  private gradientAt(sigma: number): {
    corner: number[];
    gradient: Float64Array;
    scale: number;
    multipliers: number;
  } {
    const { rows, signs, C, theta } = this;
    const d = rows.columns;
    const corner: number[] = [];
    const pull = new Float64Array(d);
    let pullIntercept = 0;
    let multipliers = 0;
    for (let i = 0; i < rows.rows; i++) {
      const alpha = this.multiplier(i, sigma);
      if (alpha === 0) continue;
      if (alpha < C) corner.push(i);
      addScaled(pull, alpha * signs[i]!, rows, i);
      pullIntercept += alpha * signs[i]!;
      multipliers += alpha;
    }
    const gradient = Float64Array.from({ length: d + 1 }, (_, k) => (k < d ? theta[k]! - pull[k]! : -pullIntercept));
    return { corner, gradient, scale: Math.max(Math.sqrt(dot(pull, pull)), Number.MIN_VALUE), multipliers };
  }

  /** The Newton direction: (I + σ Σ over the corner of xxᵀ) p = −gradient. */
  private solve(corner: readonly number[], gradient: Float64Array, sigma: number): Float64Array {
    const size = this.rows.columns + 1;
    const downhill = gradient.map((g) => -g);
    this.updateCorner(corner);
    const matrix = this.cornerProducts.map((x) => x * sigma);
    // With an empty corner the intercept would run away, so it borrows the curvature of a full one.
    const curvature = corner.length > 0 ? INTERCEPT_CURVATURE : sigma * this.rows.rows;
    let widest = 0;
    for (let k = 0; k < size; k++) {
      widest = Math.max(widest, matrix[k * size + k]!);
      matrix[k * size + k]! += k < size - 1 ? 1 : curvature;
    }
    if (widest > WIDE) return this.solveWide(corner, downhill, sigma, curvature);
    factorCholesky(matrix, size);
    return solveCholesky(matrix, size, downhill);
  }

  /** The same from the rows themselves, where their squares would drown the identity. */
  private solveWide(corner: readonly number[], downhill: Float64Array, sigma: number, curvature: number): Float64Array {
    const size = downhill.length;
    const stacked = new Float64Array((corner.length + size) * size);
    stacked.set(
      this.extended(corner).map((x) => x * Math.sqrt(sigma)),
      0,
    );
    for (let k = 0; k < size; k++) stacked[(corner.length + k) * size + k] = k < size - 1 ? 1 : Math.sqrt(curvature);
    return solveNormalEquations(stacked, corner.length + size, size, downhill);
  }

  /** Brings Σ xxᵀ up to date by the rows that came and went: few from one step to the next, so this saves most of the work. */
  private updateCorner(corner: readonly number[]): void {
    const next = new Set(corner);
    let came = corner.filter((i) => !this.corner.has(i));
    let went = [...this.corner].filter((i) => !next.has(i));
    if (came.length + went.length > corner.length) {
      this.cornerProducts.fill(0);
      [came, went] = [[...corner], []];
    }
    for (const [rows, factor] of [
      [came, 1],
      [went, -1],
    ] as const) {
      addOuterProducts(this.cornerProducts, this.rows.columns + 1, this.extended(rows), factor);
    }
    this.corner = next;
  }

  /** Rows with a 1 at the end, for the intercept. */
  private extended(rows: readonly number[]): Float64Array {
    const size = this.rows.columns + 1;
    const result = new Float64Array(rows.length * size).fill(1);
    rows.forEach((row, i) => {
      result.set(rowOf(this.rows, row), i * size);
    });
    return result;
  }

  /** y(x·p + p₀) of every row. */
  private marginsOf(direction: Float64Array): Float64Array {
    const d = this.rows.columns;
    const change = new Float64Array(this.rows.rows);
    for (let i = 0; i < change.length; i++) change[i] = this.signs[i]! * (rowTimes(this.rows, i, direction) + direction[d]!);
    return change;
  }

  /** The zero of the objective's slope along the direction, by bisection after bracketing: a convex function of one number. */
  private lineSearch(direction: Float64Array, change: Float64Array, sigma: number): { length: number; slope: number } {
    const { theta, margins, centre, C } = this;
    const d = this.rows.columns;
    let linear = 0;
    let quadratic = 0;
    for (let k = 0; k < d; k++) {
      linear += theta[k]! * direction[k]!;
      quadratic += direction[k]! ** 2;
    }
    const slope = (s: number) => {
      let sum = linear + s * quadratic;
      for (let i = 0; i < margins.length; i++) {
        const alpha = centre[i]! + sigma * (1 - margins[i]! - s * change[i]!);
        if (alpha > 0) sum -= Math.min(C, alpha) * change[i]!;
      }
      return sum;
    };
    const start = slope(0);
    if (!(start < 0)) return { length: 0, slope: 0 };
    let low = 0;
    let high = 1;
    while (slope(high) < 0 && high < 1e6) {
      low = high;
      high *= 2;
    }
    // To nine digits of the length, however short it is.
    for (let i = 0; i < 100 && high - low > 1e-9 * high; i++) {
      const middle = (low + high) / 2;
      if (slope(middle) < 0) low = middle;
      else high = middle;
    }
    return { length: (low + high) / 2, slope: start };
  }
}
