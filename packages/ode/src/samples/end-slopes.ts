import type { Tensor } from "@tensorflow/tfjs-core";
import { arrangeState } from "./arrange.js";
import type { Block, RowsProblem } from "./row-block.js";
import type { DueOutputs } from "./row-outputs.js";
import type { SampleRow } from "./sample-row.js";

/** f at the ends of steps, by position, where the steps themselves have not come by it. */
export interface EndSlopes {
  readonly near: Tensor[];
  readonly nearAt: ReadonlyMap<number, number>;
  /** On the far side of a jump. */
  readonly far: Tensor[];
  readonly farAt: ReadonlyMap<number, number>;
}

export function endSlopes(
  { method, dynamics, times }: RowsProblem,
  block: Block,
  y1: Tensor[],
  taken: readonly number[],
  inside: readonly DueOutputs[],
): EndSlopes {
  const { rows } = block;
  const forOutputs = new Set(method.dense.usesEndSlope ? inside.map(({ position }) => position) : []);
  const goesOn = (position: number) => !rows[position]!.hasArrived;
  const jumps = (position: number) => rows[position]!.isJump(rows[position]!.t);
  const near = taken.filter(
    (position) => forOutputs.has(position) || (!method.firstSameAsLast && goesOn(position) && !jumps(position)),
  );
  const far = taken.filter((position) => goesOn(position) && jumps(position));
  const at = (positions: readonly number[], time: (row: SampleRow) => number): Tensor[] => {
    if (positions.length === 0) return [];
    const set = dynamics.narrow(block, positions);
    return dynamics.evaluate(set, times.at(set.rows, set.rows.map(time)), arrangeState(y1, positions));
  };
  return {
    near: at(near, (row) => row.beforeJump(row.t)),
    nearAt: new Map(near.map((position, i) => [position, i])),
    far: at(far, (row) => row.afterJump(row.t)),
    farAt: new Map(far.map((position, i) => [position, i])),
  };
}
