import { checkNumber, type DeclaredOptions, type GivenOptions, readOptions } from "@latentflow/core";
import { tidy } from "@tensorflow/tfjs-core";
import { checkDirection } from "../directions/check-direction.js";
import type { Direction } from "../directions/direction.js";
import { ROWS } from "../directions/rows.js";
import { SOLVER } from "../directions/solver.js";
import { LatentEditError } from "../errors.js";
import { type Codes, type TensorOf, toCodes } from "../input/codes.js";

/** Options of an edit, declared. */
export const EDIT = {
  /**
   * Rows of a W+ code to move, as a range [from, to] or a list { only } (default all); the others come back bit for bit. The paper edits real
   * images with [0, 6], the first six.
   */
  rows: { ...ROWS, optional: true },
  /** In place of the direction's own solver: another edit. */
  solver: { ...SOLVER, optional: true },
} as const satisfies DeclaredOptions;

export interface EditOptions extends GivenOptions<typeof EDIT> {}

/**
 * Edited codes: w after travelling t along the direction, as a tensor that the caller disposes.
 *
 * @param w [n, d] or [n, rowCount, d]: a tensor, through which gradients pass, or numbers
 * @param t arc length; negative goes back
 * @throws LatentEditError for arguments that are missing, do not fit, or have been disposed
 */
export function edit<C extends Codes>(w: C, direction: Direction, t: number, options: EditOptions = {}): TensorOf<C> {
  checkDirection("edit", direction);
  checkNumber("edit", "t", t, {}, LatentEditError);
  readOptions("edit", EDIT, options, LatentEditError);
  return tidy(() => direction.flow(toCodes("edit", w, direction.latentDim), t, options));
}
