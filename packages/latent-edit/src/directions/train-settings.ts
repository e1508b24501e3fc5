import { type DeclaredOptions, DIVERGENCES, type OptionValues } from "@latentflow/core";
import type { EditedAttribute } from "../model/attribute-choice.js";
import { FLOW_GRADIENTS } from "./integrate.js";
import type { RowList, RowRange } from "./rows.js";
import type { FlowSolver } from "./solver.js";

/** Options of a training that are numbers, words, or yes and no. The defaults are the paper's. */
export const TRAINING = {
  /** Adam's steps (default 1000). */
  iterations: { default: 1000, min: 1, integer: true },
  /** Start codes of a batch (default 32). */
  batchSize: { default: 32, min: 1, integer: true },
  /** Batches whose mean gradient makes one step (default 1). */
  accumulate: { default: 1, min: 1, integer: true },
  /** α (default 6): T is uniform in [α/4, α], one draw a batch. */
  maxTime: { default: 6, above: 0 },
  /** Train t < 0 as the edit back, from `to` to `from`, beside t > 0 (default false). */
  bothWays: { default: false },
  /** τ (default 4). */
  temperature: { default: 4, above: 0 },
  /** λ (default 1). */
  preservationWeight: { default: 1, min: 0 },
  /** What the second term measures: "kl" (default, equation 5), or "hellinger", squared Hellinger distances, which are bounded. */
  divergence: { default: "kl", choices: DIVERGENCES },
  /** τ of the start's side of the second term (default 1, the paper's: `temperature` divides the edited side alone). */
  originalTemperature: { default: 1, above: 0 },
  /** "log-classes": each attribute's part of the second term over ln C, so that forty classes do not outweigh two. Default "equal". */
  attributeScale: { default: "equal", choices: ["equal", "log-classes"] },
  /** "one" (default): a T for each batch. "stratified": a T for each code, spread evenly over [α/4, α]: every batch sees both ends. */
  lengths: { default: "one", choices: ["one", "stratified"] },
  /** Share of a batch's codes that are looked at on their way to T, where only the second term counts (default 0). */
  pathShare: { default: 0, min: 0, max: 0.9 },
  /** λ of a third term, which keeps w(T) where codes live: what it lies farther out than its start does (default 0). */
  codesWeight: { default: 0, min: 0 },
  /** Adam's rate (default 1e-3), multiplied by `decayFactor` every `decayEvery` iterations. */
  learningRate: { default: 1e-3, above: 0 },
  /** Default 1000. */
  decayEvery: { default: 1000, min: 1, integer: true },
  /** Default 0.5. */
  decayFactor: { default: 0.5, above: 0 },
  /** How the flow's gradient is computed (default "steps", exact for the steps taken). */
  gradient: { default: "steps", choices: FLOW_GRADIENTS },
  /** Compute each start code's logits once in place of every time (default true; the same numbers). */
  cacheLogits: { default: true },
  /** Seed of codes and times drawn (default 0). */
  seed: { default: 0, min: 0, integer: true },
} as const satisfies DeclaredOptions;

/** What defines a training run; all of it is saved with the direction. */
export interface TrainSettings extends OptionValues<typeof TRAINING> {
  /** τ of the edited side of the second term. */
  readonly preservationTemperature: number;
  readonly attribute: EditedAttribute;
  /** Equations 4 and 5, 4 and 9, or the caller's own. */
  readonly loss: "paper" | "identity" | "custom";
  readonly solver: FlowSolver | null;
  /** Rows of W+ codes that move. Absent: all. */
  readonly rows?: RowRange | RowList;
}
