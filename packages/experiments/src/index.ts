export type { ModelParts, ModelSetup, RunningModel, TfjsParts } from "@latentflow/engine";
export type {
  Analysis,
  AnalysisValue,
  AttributeAnalysis,
  AttributeContext,
  MethodAnalysis,
  MethodAnalysisValue,
  MethodContext,
  Section,
} from "./analyses/analysis.js";
export { runCommand } from "./cli/run-command.js";
export type { Edit } from "./config/edits.js";
export type * from "./config/types.js";
export type { Cell, CsvTable } from "./drawing/csv.js";
export { Markup, type MarkupValue, markup } from "./drawing/markup.js";
export type { ReportContext } from "./drawing/report-context.js";
export { ConfigError, ExperimentsError } from "./errors.js";
export { defineExperiment, resolveConfig } from "./experiment/resolve-config.js";
export { defineExtensions, type Extensions } from "./extensions/extensions.js";
export type {
  Cost,
  FindContext,
  FitMethod,
  FittedDirection,
  Method,
  NeededDirection,
  TrainedDirection,
  TrainMethod,
} from "./methods/method.js";
export { type TrainingSettings, trainInExperiment, trainingSettings } from "./methods/train.js";
export type { LabelledCodes } from "./model/labelled-codes.js";

export * from "./pictures/index.js";
export { type ReleasedName, releasedExperiment } from "./released/configure.js";
export * from "./report/index.js";
export type * from "./results/index.js";
export { type BuildStudyOptions, type BuiltStudy, buildStudy } from "./run/build-study.js";
export type { RunEvent } from "./run/events.js";
export { type ReportOptions, type RunResult, reportExperiment } from "./run/report-experiment.js";
export { type RunOptions, runExperiment } from "./run/run-experiment.js";
export { parseShard, type Shard, shardOfScheduler } from "./run/shard.js";
export { tallyStudies } from "./run/tally-study.js";
export { verifyExperiment } from "./run/verify-experiment.js";
export type { StepName } from "./steps/job.js";
export { NoResult } from "./store/no-result.js";
export type { Damage, Verification } from "./store/verify.js";
export type { StudyAttribute } from "./study/study.js";
