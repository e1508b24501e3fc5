import type { TrainOptions } from "@latentflow/latent-edit";

/** A way to train an edit. */
export interface Candidate {
  /** Of the flow's network; −1: a constant. */
  readonly depth: number;
  /** Where its training begins: at random weights, or along InterFaceGAN's line with a field of this many times √d. */
  readonly start: "random" | number;
  /** Steps of the 3/8 rule over an edit (default 1). */
  readonly steps?: number;
  readonly train?: Partial<TrainOptions>;
}

const bounded = { divergence: "hellinger", temperature: 2, originalTemperature: 2, preservationWeight: 5 } as const;
const spread = { ...bounded, lengths: "stratified" } as const;

/** What the paper does, and one idea at a time beside it. */
export const CANDIDATES: Readonly<Record<string, Candidate>> = {
  constant: { depth: -1, start: "random" },
  "constant, line": { depth: -1, start: 1 },
  "constant, bounded, line": { depth: -1, start: 1, train: spread },
  flow: { depth: 1, start: "random" },
  "flow, stratified": { depth: 1, start: "random", train: { lengths: "stratified" } },
  "flow, one τ": { depth: 1, start: "random", train: { temperature: 2, originalTemperature: 2 } },
  "flow, over ln C": {
    depth: 1,
    start: "random",
    train: { temperature: 2, originalTemperature: 2, attributeScale: "log-classes", preservationWeight: 5 },
  },
  "flow, bounded": { depth: 1, start: "random", train: bounded },
  "flow, bounded, stratified": { depth: 1, start: "random", train: spread },
  "flow, bounded 15, stratified": { depth: 1, start: "random", train: { ...spread, preservationWeight: 15 } },
  "flow, bounded τ 1, stratified": {
    depth: 1,
    start: "random",
    train: { ...spread, originalTemperature: 1, preservationTemperature: 1 },
  },
  "flow, bounded, path": { depth: 1, start: "random", train: { ...spread, pathShare: 0.25 } },
  "flow, bounded, codes": { depth: 1, start: "random", train: { ...spread, codesWeight: 2 } },
  "flow, bounded, 4 steps": { depth: 1, start: "random", steps: 4, train: spread },
  "flow, bounded, line": { depth: 1, start: 1, train: spread },
  "flow, bounded, fast line": { depth: 1, start: 8, train: spread },
};
