import type { Tensor } from "@tensorflow/tfjs-core";
import type { ExplicitMethod } from "../methods/explicit/tableau.js";
import type { Progress, Statistics } from "../status.js";
import type { RowDynamics, RowSet } from "./row-dynamics.js";
import type { RowLimit } from "./row-limit.js";
import type { RowNorm } from "./row-norm.js";
import type { RowTimes } from "./row-times.js";

/** Rows of a batch, each to be solved on its own way. */
export interface RowsProblem {
  readonly caller: string;
  readonly method: ExplicitMethod;
  readonly dynamics: RowDynamics;
  readonly set: RowSet;
  readonly y0: Tensor[];
  readonly times: RowTimes;
  /** Size of each row's error; undefined where steps are given. */
  readonly norm: RowNorm | undefined;
  /** Whether each row of a state is finite. */
  readonly finiteRows: (state: readonly Tensor[]) => readonly boolean[];
  /** Where a gradient is to go through steps that an error estimate chooses. */
  readonly limit: RowLimit | undefined;
  readonly statistics: Statistics;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: Progress) => void) | undefined;
}

/** The rows that have not arrived. */
export interface Block extends RowSet {
  readonly y: Tensor[];
  /** f(t, y). */
  readonly slope: Tensor[];
  /** For `limit`. */
  readonly directions: Tensor[];
}
