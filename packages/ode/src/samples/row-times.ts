import type { Tensor } from "@tensorflow/tfjs-core";
import { timesTensor } from "./row-dynamics.js";
import type { RowOutput, SampleRow } from "./sample-row.js";

/** Times of rows as tensors [rows], which may move with those that the caller gave. */
export interface RowTimes {
  /** One time for each of the rows. */
  at(rows: readonly SampleRow[], times: readonly number[]): Tensor;
  /** Lengths of the steps that are tried, where they move. */
  lengths(rows: readonly SampleRow[]): Tensor | undefined;
  /** Where in its row's step each output lies, 0 to 1. */
  fractions(rows: readonly SampleRow[], outputs: readonly RowOutput[]): Tensor;
  /** Whether an output at a step's end moves otherwise than that. */
  moves(row: SampleRow, output: RowOutput): boolean;
}

/** Times that nothing depends on. */
export const FIXED_TIMES: RowTimes = {
  at: (_rows, times) => timesTensor(times),
  lengths: () => undefined,
  fractions: (rows, outputs) => timesTensor(rows.map(({ span }, i) => (outputs[i]!.time - span.t0) / span.h)),
  moves: () => false,
};
