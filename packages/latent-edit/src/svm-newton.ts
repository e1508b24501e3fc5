import { addOuterProducts, factorCholesky, solveCholesky } from "./cholesky.js";
import { dot, type Matrix, rowOf } from "./matrix.js";
import { addScaled, rowTimes } from "./svm-certificate.js";

/**
 * Newton's method on the primal with the hinge's corner rounded over a width h (O. Chapelle, "Training a support vector machine in the primal",
 * 2007): L(m) = 0 for m ≥ 1 + h, (1 + h − m)²/4h on the corner, 1 − m for m ≤ 1 − h. As h shrinks the answer goes to the exact hinge's, only the
 * rows on the corner enter the Newton system, and C · −L′(m) are multipliers of the dual. The last coordinate of θ is the intercept.
 */
export class RoundedHingeNewton {
  private theta: Float64Array;
  private margins: Float64Array;
  private previous: Float64Array | undefined;
  /** Rows on the corner at the last step, and the lower triangle of their Σ xxᵀ. */
  private corner = new Set<number>();
  private readonly cornerProducts: Float64Array;

  constructor(
    private readonly rows: Matrix,
    private readonly signs: Int8Array,
    private readonly C: number,
  ) {
    this.theta = new Float64Array(rows.columns + 1);
    this.margins = new Float64Array(rows.rows);
    this.cornerProducts = new Float64Array((rows.columns + 1) ** 2);
  }

  /**
   * Moves to where the solution for a quarter of the width should lie. While no row changes its place on the hinge, the solution is linear in
   * h, so the line through the last two widths' solutions, four to one, leads there.
   */
  extrapolate(): void {
    const { theta, previous } = this;
    this.previous = Float64Array.from(theta);
    if (previous === undefined) return;
    const direction = theta.map((x, k) => x - previous[k]!);
    this.move(direction, this.marginsOf(direction), 0.25);
  }

  /** Multipliers at the present point, 0 ≤ α ≤ C. */
  multipliers(h: number): Float64Array {
    return this.margins.map((m) => this.C * Math.min(1, Math.max(0, (1 + h - m) / (2 * h))));
  }

  /**
   * One Newton step for corner width h, with an exact line search.
   *
   * @returns the gradient's norm before the step, relative to that of the loss part
   */
  step(h: number): number {
    const { corner, gradient, scale } = this.gradientAt(h);
    const relative = Math.sqrt(dot(gradient, gradient)) / scale;
    const direction = this.solve(corner, gradient, h);
    const change = this.marginsOf(direction);
    this.move(direction, change, this.lineSearch(direction, change, h));
    return relative;
  }

  private move(direction: Float64Array, change: Float64Array, length: number): void {
    for (let k = 0; k < direction.length; k++) this.theta[k]! += length * direction[k]!;
    for (let i = 0; i < change.length; i++) this.margins[i]! += length * change[i]!;
  }

  private gradientAt(h: number): { corner: number[]; gradient: Float64Array; scale: number } {
    const { rows, signs, C, margins, theta } = this;
    const d = rows.columns;
    const corner: number[] = [];
    const pull = new Float64Array(d);
    let pullIntercept = 0;
    for (let i = 0; i < rows.rows; i++) {
      const m = margins[i]!;
      if (m >= 1 + h) continue;
      const alpha = m <= 1 - h ? C : (C * (1 + h - m)) / (2 * h);
      if (m > 1 - h) corner.push(i);
      addScaled(pull, alpha * signs[i]!, rows, i);
      pullIntercept += alpha * signs[i]!;
    }
    const gradient = Float64Array.from({ length: d + 1 }, (_, k) => (k < d ? theta[k]! - pull[k]! : -pullIntercept));
    return { corner, gradient, scale: Math.max(Math.sqrt(dot(pull, pull)), 1e-12) };
  }

  /** The Newton direction: (I + C/2h Σ over the corner of xxᵀ) p = −gradient. */
  private solve(corner: readonly number[], gradient: Float64Array, h: number): Float64Array {
    const size = this.rows.columns + 1;
    this.updateCorner(corner);
    const matrix = this.cornerProducts.map((x) => (x * this.C) / (2 * h));
    for (let k = 0; k < size - 1; k++) matrix[k * size + k]! += 1;
    // The intercept has no curvature of its own. With an empty corner it would run away, so it borrows that of a full one.
    matrix[size * size - 1]! += corner.length > 0 ? 1e-9 : this.C * this.rows.rows;
    factorCholesky(matrix, size);
    return solveCholesky(
      matrix,
      size,
      gradient.map((g) => -g),
    );
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
  private lineSearch(direction: Float64Array, change: Float64Array, h: number): number {
    const { theta, margins, C } = this;
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
        const pull = (1 + h - margins[i]! - s * change[i]!) / (2 * h);
        if (pull > 0) sum -= C * Math.min(1, pull) * change[i]!;
      }
      return sum;
    };
    if (!(slope(0) < 0)) return 0;
    let low = 0;
    let high = 1;
    while (slope(high) < 0 && high < 1e6) {
      low = high;
      high *= 2;
    }
    for (let i = 0; i < 30; i++) {
      const middle = (low + high) / 2;
      if (slope(middle) < 0) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  }
}
