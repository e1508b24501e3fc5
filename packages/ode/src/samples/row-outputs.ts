import { concat, type Tensor } from "@tensorflow/tfjs-core";
import type { ExplicitMethod } from "../methods/explicit/tableau.js";
import { arrangeState } from "./arrange.js";
import { RowInterpolant } from "./explicit-rows.js";
import type { RowSet } from "./row-dynamics.js";
import type { RowTimes } from "./row-times.js";
import type { RowOutput, SampleRow } from "./sample-row.js";

/** States at times that were asked for: rows as first axis, and a key for each. */
export interface Piece {
  readonly states: Tensor[];
  readonly keys: readonly number[];
}

/** The outputs of one row in the step that it has just taken. */
export interface DueOutputs {
  /** The row's place in the set. */
  readonly position: number;
  /** Where the step ends: no dense output is needed. */
  readonly atEnd: readonly RowOutput[];
  readonly inside: readonly RowOutput[];
}

/** Outputs of rows that have taken a step, where there are any. */
export function dueOutputs(rows: readonly SampleRow[], positions: readonly number[], times: RowTimes): DueOutputs[] {
  return positions
    .map((position) => {
      const row = rows[position]!;
      const due = row.dueOutputs();
      const isEnd = (output: RowOutput) => output.time === row.span.t1 && !times.moves(row, output);
      return { position, atEnd: due.filter(isEnd), inside: due.filter((output) => !isEnd(output)) };
    })
    .filter(({ atEnd, inside }) => atEnd.length + inside.length > 0);
}

/** States at the ends of steps. */
export function endPieces(due: readonly DueOutputs[], y1: readonly Tensor[]): Piece[] {
  return rounds(due, ({ atEnd }) => atEnd).map(({ positions, outputs }) => ({
    states: arrangeState(y1, positions),
    keys: outputs.map(({ key }) => key),
  }));
}

/**
 * States inside steps.
 *
 * @param set the rows that have some, in the order of `due`
 * @param y where their steps start
 * @param slopes all that dense output combines
 */
export function innerPieces(
  method: ExplicitMethod,
  due: readonly DueOutputs[],
  set: RowSet,
  y: Tensor[],
  slopes: readonly Tensor[][],
  times: RowTimes,
): Piece[] {
  const interpolant = new RowInterpolant(method, set, y, slopes);
  const own = due.map(({ inside, atEnd }, position) => ({ position, inside, atEnd }));
  return rounds(own, ({ inside }) => inside).map(({ positions, outputs }) => ({
    states: interpolant.evaluate(positions, outputs, times),
    keys: outputs.map(({ key }) => key),
  }));
}

/** Outputs in rounds of at most one a row. */
function rounds(due: readonly DueOutputs[], of: (due: DueOutputs) => readonly RowOutput[]) {
  const most = Math.max(0, ...due.map((row) => of(row).length));
  return Array.from({ length: most }, (_, i) => {
    const some = due.filter((row) => of(row).length > i);
    return { positions: some.map(({ position }) => position), outputs: some.map((row) => of(row)[i]!) };
  });
}

/** Pieces as one state, its rows in the order of these keys. */
export function assemble(pieces: readonly Piece[], keys: readonly number[]): Tensor[] {
  const place = new Map<number, number>();
  for (const { keys } of pieces) for (const key of keys) place.set(key, place.size);
  const from = keys.map((key) => place.get(key)!);
  return pieces[0]!.states.map((_, m) => arrangeState([concatenated(pieces.map(({ states }) => states[m]!))], from)[0]!);
}

const concatenated = (tensors: readonly Tensor[]): Tensor => (tensors.length === 1 ? tensors[0]! : concat([...tensors]));
