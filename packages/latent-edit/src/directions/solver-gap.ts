import { checkNumber } from "@latentflow/core";
import { norm, reshape, sub, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { LatentEditError } from "../errors.js";
import { type Codes, toCodes } from "../input/codes.js";
import { checkDirection } from "./check-direction.js";
import type { Direction } from "./direction.js";
import { movingRows } from "./rows.js";
import { CONVERGED_SOLVER } from "./solver.js";

/** How far a direction's own solver ends from the exact flow. */
export interface SolverGap {
  /** Edit length measured at. */
  readonly t: number;
  /** Distance between the two end points in latent space, mean and maximum over codes and rows. */
  readonly mean: number;
  readonly max: number;
}

/**
 * The distance between the end points of a direction's own solver and of a converged one (dopri5 to 1e-6): one step of length t is a different
 * edit from the flow it approximates, and this says by how much. Of W+ codes, the rows that the direction moves count.
 */
export async function solverGap(direction: Direction, w: Codes, t: number): Promise<SolverGap> {
  checkDirection("solverGap", direction);
  checkNumber("solverGap", "t", t, {}, LatentEditError);
  const distances = tidy(() => {
    const codes: Tensor = toCodes("flow", w, direction.latentDim);
    const own = direction.flow(codes, t);
    const exact = direction.flow(codes, t, { solver: CONVERGED_SOLVER });
    // Of rows that stay nothing is integrated: they would only bring the mean down.
    const [reached, wanted] = [own, exact].map((end) => movingRows("solverGap", end, direction.rows)) as [Tensor, Tensor];
    return reshape(norm(sub(reached, wanted), "euclidean", -1), [-1]);
  });
  const values = Array.from(await distances.data<"float32">());
  distances.dispose();
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return { t, mean, max: values.reduce((a, b) => Math.max(a, b), 0) };
}
