import { checkNumber } from "@latentflow/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { checkDirection } from "../directions/check-direction.js";
import type { Direction } from "../directions/direction.js";
import type { RowList, RowRange } from "../directions/rows.js";
import type { FlowSolver } from "../directions/solver.js";
import { LatentEditError } from "../errors.js";
import { checkCodes } from "../input/checks.js";

export interface EditOptions {
  /**
   * Rows of a W+ code to move, as a range [from, to] or a list { only } (default all); the others come back bit for bit. The paper edits real
   * images with [0, 6], the first six.
   */
  rows?: RowRange | RowList;
  /** In place of the direction's own solver: another edit. */
  solver?: FlowSolver;
}

/**
 * Edited codes: w after travelling t along the direction. The caller disposes the result.
 *
 * @param w [n, d] or [n, rowCount, d]
 * @param t arc length; negative goes back
 * @throws LatentEditError for arguments that are missing, do not fit, or have been disposed
 */
export function edit<W extends Tensor>(w: W, direction: Direction, t: number, options: EditOptions = {}): W {
  checkDirection("edit", direction);
  checkCodes("edit", w, direction.latentDim);
  checkNumber("edit", "t", t, {}, LatentEditError);
  return direction.flow(w, t, options);
}
