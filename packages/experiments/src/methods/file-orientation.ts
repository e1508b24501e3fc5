import { type Direction, type DirectionInfo, LinearDirection } from "@latentflow/latent-edit";
import type { Edit } from "../config/edits.js";
import { NoResult } from "../store/no-result.js";

/**
 * A file's direction as the edit needs it: from class `from` to class `to`. What files don't say is that they lead to the last class, as the paper's do. A
 * straight line also goes the other way; the direction that is not used is disposed.
 *
 * @throws NoResult for a flow that leads elsewhere
 */
export async function towards(direction: Direction, info: DirectionInfo, edit: Edit, path: string): Promise<Direction> {
  const { from, to, classes, name } = edit;
  const ends = info.attribute ?? { from: null, to: classes - 1 };
  if (ends.to === to && (ends.from === null || ends.from === from)) return direction;
  const isBack = ends.from === null ? from === ends.to : ends.from === to && ends.to === from;
  if (isBack && direction instanceof LinearDirection) {
    const vector = await direction.variables[0]!.data();
    direction.dispose();
    return new LinearDirection(Float32Array.from(vector, (x) => -x));
  }
  direction.dispose();
  const leads = ends.from === null ? `to class ${ends.to}` : `from class ${ends.from} to ${ends.to}`;
  throw new NoResult({
    why: "no direction",
    text: `The direction of ${path} leads ${leads} of ${name}, not from ${from} to ${to}.`,
  });
}
