/**
 * What an experiment ends in: `results.json` of the run folder, from which the report is made. Plain JSON: numbers that do not exist are null,
 * parts that are not done yet (a shard still runs, a step was left out) are null, too. Same seed, same backend: the same file, `timings` aside.
 */
import type { ExperimentConfig } from "../config/types.js";
import type { AnalysisRecord, Probes } from "./analysis.js";
import type { Comparison } from "./comparison.js";
import type { FitRecord, TrainingRecord } from "./direction.js";
import type { Environment } from "./environment.js";
import type { Evaluation } from "./evaluation.js";
import type { MethodId } from "./method-id.js";
import type { NoResultRecord } from "./no-result.js";
import type { PictureRecord } from "./pictures.js";
import type { Realism } from "./realism.js";
import type { SampleRecord } from "./sample.js";
import type { StudyResult } from "./study.js";

export interface ExperimentResults {
  readonly format: "latentflow-results";
  readonly version: 1;
  /** The complete configuration, defaults filled in. */
  readonly config: ExperimentConfig;
  readonly environment: Environment;
  /** In the configuration's order. */
  readonly attributes: readonly AttributeResult[];
  readonly sample: SampleRecord;
  /** What people said, a record a study whose answers were tallied. Absent where none was. */
  readonly studies?: readonly StudyResult[];
  /** Jobs that had no result when this was written, such as "train/object_shape/ode-1". Empty when complete. */
  readonly missing: readonly string[];
  /** The command that makes this again. */
  readonly rerun: string;
  readonly timings: readonly Timing[];
}

/** Seconds a job took, and the images it asked of the generator. */
export interface Timing {
  /** "sample", "train/object_shape/ode-1", … */
  readonly job: string;
  readonly seconds: number;
  readonly images: number;
  readonly imagesPerSecond: number | null;
}

/** All about one edited attribute. */
export interface AttributeResult {
  readonly name: string;
  /** Index among the regressor's attributes. */
  readonly index: number;
  readonly classes: number;
  /** Class that starts have, and class wanted. */
  readonly from: number;
  readonly to: number;
  /** Is the attribute linear in latent space? */
  readonly probes: Probes | null;
  /** Linear methods before nonlinear ones, in the configuration's order. */
  readonly methods: readonly MethodResult[];
  /** Methods against each other; null until all are measured. */
  readonly comparison: Comparison | null;
  /** Pictures that show several methods. */
  readonly pictures: readonly PictureRecord[];
  /** Values of analyses from outside that look at the attribute, by their id; null where one is not done. Absent where there are none. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** A further training of a method, from another seed. */
export interface TrainingResult {
  readonly seed: number;
  readonly training: TrainingRecord | null;
  readonly evaluation: Evaluation | null;
  readonly realism?: Realism | null;
}

/** All about one method for one attribute. */
export interface MethodResult {
  readonly id: MethodId;
  /** For people: "InterFaceGAN", "Neural ODE, depth 1". */
  readonly label: string;
  /** A straight line, or a flow. */
  readonly kind: "linear" | "nonlinear";
  /** Of fitted methods. */
  readonly fit: FitRecord | null;
  /** Of trained methods. */
  readonly training: TrainingRecord | null;
  readonly evaluation: Evaluation | null;
  /** Whether edited pictures still look like the generator's own; null where that is not done. Absent where the networks give no features. */
  readonly realism?: Realism | null;
  /** Of a method that was trained several times: the trainings after the first, to which all else here belongs. */
  readonly trainings?: readonly TrainingResult[];
  readonly analysis: AnalysisRecord | null;
  /** Values of analyses from outside, by their id; null where one is not done. Absent where there are none. */
  readonly extra?: Readonly<Record<string, unknown>>;
  readonly pictures: readonly PictureRecord[];
  /** Why there is no measurement and never will be one with these settings; null while there is one, or may be one. Results of version 0.1.0 lack it. */
  readonly none?: NoResultRecord | null;
}
