/** A matrix that is factored in place, for many right sides. */
export interface LinearFactors {
  /** Factors what was written into the matrix; false where it is singular or not finite. */
  factor(): boolean;
  /** Puts x with M x = b into `b`. */
  solve(b: Float64Array): void;
}
