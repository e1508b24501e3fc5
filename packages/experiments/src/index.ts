export type { ModelParts, ModelSetup } from "@latentflow/engine";
export { defineExperiment, resolveConfig } from "./config/resolve.js";
export type * from "./config/types.js";
export { ConfigError, ExperimentsError } from "./errors.js";

export * from "./pictures/index.js";
export * from "./report/index.js";
export type * from "./results/experiment-results.js";
export type { RunEvent } from "./run/events.js";
export { type ReportOptions, type RunResult, reportExperiment } from "./run/report-experiment.js";
export { type RunOptions, runExperiment } from "./run/run-experiment.js";
export { parseShard, type Shard, shardOfScheduler } from "./run/shard.js";
export { verifyExperiment } from "./run/verify-experiment.js";
export type { StepName } from "./steps/job.js";
export type { Damage, Verification } from "./store/verify.js";
