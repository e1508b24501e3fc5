import type { Tensor } from "@tensorflow/tfjs-core";
import type { Direction } from "./direction.js";
import type { LayerRange } from "./layers.js";
import type { FlowSolver } from "./solver.js";

export interface EditOptions {
  /** Rows of a W+ code to move (default all); the others come back bit for bit. The paper edits real images with [0, 6]. */
  layers?: LayerRange;
  /** In place of the direction's own solver: another edit. */
  solver?: FlowSolver;
}

/**
 * Edited codes: w after travelling t along the direction. The caller disposes the result.
 *
 * @param w [n, d] or [n, layers, d]
 * @param t arc length; negative goes back
 */
export function edit<W extends Tensor>(w: W, direction: Direction, t: number, options: EditOptions = {}): W {
  return direction.flow(w, t, options);
}
