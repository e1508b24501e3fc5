import type { EditedAttribute } from "../model/attribute-choice.js";
import type { FlowGradient } from "./integrate.js";
import type { FlowSolver } from "./solver.js";

/** Numbers that define a training run; all of them are saved with the direction. */
export interface TrainSettings {
  readonly attribute: EditedAttribute;
  readonly iterations: number;
  readonly batchSize: number;
  /** Batches whose mean gradient makes one step. */
  readonly accumulate: number;
  /** α: T is uniform in [α/4, α], one draw a batch. */
  readonly maxTime: number;
  /** Train t < 0 as the edit back, from `to` to `from`, beside t > 0. */
  readonly bothWays: boolean;
  readonly temperature: number;
  readonly preservationWeight: number;
  readonly learningRate: number;
  readonly decayEvery: number;
  readonly decayFactor: number;
  /** Equations 4 and 5, 4 and 9, or the caller's own. */
  readonly loss: "paper" | "identity" | "custom";
  readonly solver: FlowSolver | null;
  readonly gradient: FlowGradient;
  readonly cacheLogits: boolean;
  readonly seed: number;
}
