import { type Matrix, nextMacrotask, throwIfAborted } from "@latentflow/core";
import { norm } from "@latentflow/core/linear-algebra";
import { rowOf } from "../../linear-algebra/rows.js";
import { type Certificate, certify } from "./certificate.js";
import { RoundedHingeNewton } from "./newton.js";

/** Half width of the hinge's rounded corner to begin with; each round takes a quarter of the last, down to the least. */
const FIRST_WIDTH = 0.25;
const LEAST_WIDTH = 2 ** -16;

/** Gradients, relative to the loss part's, at which a round ends: while it only leads to the next, and near the end. */
const ROUGH = 1e-5;
const FINE = 1e-10;

/** Price from which on a corner is rounded as if for this one: multipliers of a separable problem stay far below such prices. */
const HIGH_PRICE = 1;

/** How far the slope of the multipliers may grow, as a multiple of the price. */
const STEEPEST = 1e6;

/** Distance of margins from where they belong below which it is rounding. */
const NEAR = 1e-14;

/** Rounds in a row that hardly narrow the gap, after which nothing more is to be had in float64. */
const FRUITLESS = 4;

export interface SolveOptions {
  /** Largest duality gap, as a share of the primal objective. */
  readonly tolerance: number;
  /** Largest error that the gap leaves possible of the normal, as a share of its length; undefined for any. */
  readonly angle: number | undefined;
  /** Most Newton steps. */
  readonly maxIterations: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * The solution of a linear SVM over centred rows of entries of about 1, with its certificate.
 *
 * First the rounded corner shrinks, each solution the start of the next. At its least width, where margins' rounding begins to show in the
 * multipliers, the method of multipliers takes over and only makes the slope steeper where it gains too little.
 */
export async function solveSvm(
  caller: string,
  rows: Matrix,
  signs: Int8Array,
  C: number,
  { tolerance, angle, maxIterations, signal }: SolveOptions,
): Promise<{ best: Certificate; iterations: number; converged: boolean }> {
  const price = Math.min(C, HIGH_PRICE);
  const newton = new RoundedHingeNewton(rows, signs, C, price / 2);
  let best = certify(rows, signs, C, new Float64Array(rows.rows), newton.weights());
  const isDone = () => {
    if (best.gap > tolerance * best.primal) return false;
    if (angle === undefined) return true;
    const { known, exact } = certainty(rows, best, angle);
    return known || exact;
  };
  let iterations = 0;
  const descend = async (sigma: number, accuracy: number) => {
    for (let gradient = Number.POSITIVE_INFINITY; gradient > accuracy && iterations < maxIterations; iterations++) {
      throwIfAborted(caller, signal);
      await nextMacrotask();
      gradient = newton.step(sigma);
    }
    const certificate = certify(rows, signs, C, newton.multipliers(sigma), newton.weights());
    if (certificate.gap < best.gap) best = certificate;
  };

  let sigma = price / (2 * FIRST_WIDTH);
  for (; iterations < maxIterations && !isDone() && sigma <= price / (2 * LEAST_WIDTH); sigma *= 4) {
    await descend(sigma, ROUGH);
    newton.extrapolate();
  }
  let distance = newton.recentre(sigma);
  for (let fruitless = 0; iterations < maxIterations && !isDone() && fruitless < FRUITLESS; ) {
    const before = { gap: best.gap, distance };
    await descend(sigma, FINE);
    distance = newton.recentre(sigma);
    const steepest = sigma === STEEPEST * C || distance < NEAR;
    fruitless = best.gap > before.gap / 2 && steepest ? fruitless + 1 : 0;
    const ratio = distance / before.distance;
    if (ratio > 0.1 && !steepest) sigma = Math.min((ratio > 0.5 ? 100 : 10) * sigma, STEEPEST * C);
  }
  const converged = best.gap <= tolerance * best.primal && (angle === undefined || certainty(rows, best, angle).known);
  return { best, iterations, converged };
}

/**
 * How sure a normal's direction is: `known` to an angle, whatever the gap and the rounding of its sum Σ αyx leave room for; `exact` when only
 * rounding is left.
 */
function certainty(rows: Matrix, { gap, weights, alpha }: Certificate, angle: number): { known: boolean; exact: boolean } {
  let terms = 0;
  for (let i = 0; i < alpha.length; i++) if (alpha[i]! > 0) terms += alpha[i]! * norm(rowOf(rows, i));
  const rounding = Number.EPSILON * terms;
  const error = Math.sqrt(2 * gap);
  return { known: error + rounding <= angle * norm(weights), exact: error <= rounding };
}
