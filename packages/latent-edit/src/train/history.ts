import type { SolverGap } from "../directions/solver-gap.js";
import type { TrainSettings } from "../directions/train-settings.js";

/** Loss terms and accuracy of one batch or of the validation codes. */
export interface Score {
  /** attributeLoss + λ · preservationLoss, and the third term times `codesWeight`. */
  readonly total: number;
  /** Equation 4. */
  readonly attributeLoss: number;
  /** Equation 5 (or 9), before λ. */
  readonly preservationLoss: number;
  /** How much farther out than their starts codes end, before `codesWeight`; absent where that is 0. */
  readonly codesLoss?: number;
  /** Share of codes whose predicted class at the end point is the one wanted. */
  readonly accuracy: number;
}

export interface TrainProgress extends Score {
  /** Iterations done, from 1. */
  readonly iteration: number;
  readonly iterations: number;
  /** Edit length of the (last) batch; the longest of its codes'. */
  readonly time: number;
  readonly learningRate: number;
  readonly imagesPerSecond: number;
  /** The validation made after this iteration, if any. */
  readonly validation?: Score;
}

export interface ValidationRecord extends Score {
  readonly iteration: number;
}

export interface History {
  /** Iterations done. */
  readonly iterations: number;
  /** One entry an iteration. */
  readonly batches: readonly (Score & { readonly time: number; readonly learningRate: number })[];
  readonly validations: readonly ValidationRecord[];
  /** Iteration whose weights were kept: the last, or the best one of early stopping. */
  readonly keptIteration: number;
  readonly stoppedEarly: boolean;
  /** Distance between the trained solver's end point and the converged flow's, at t = α over up to 64 start codes. */
  readonly solverGap: SolverGap;
  /** Mean over this process' iterations. */
  readonly imagesPerSecond: number;
  readonly settings: TrainSettings;
}
