import type { Analysis } from "../analyses/analysis.js";
import type { Edit } from "../config/edits.js";
import type { View } from "../drawing/view.js";
import type { Experiment } from "../experiment/experiment.js";
import type { Method } from "../methods/method.js";
import type { AttributeResult, ExperimentResults, MethodResult, NoResultRecord, TrainingResult } from "../results/index.js";
import type { Job, StepName } from "./job.js";

/** A step of an experiment: what it does, what results keep of it, and what is shown of that. */
export interface Step extends ResultFields {
  readonly name: StepName;
  /** Each after those of the step that it needs. */
  jobs(experiment: Experiment): Job[];
  /** Its tables and parts of the report, in the page's order. */
  views(analyses: readonly Analysis[]): readonly View[];
}

/** Fields of results that hold what a step's jobs wrote. */
interface ResultFields {
  ofExperiment?(written: JobOutputs): Promise<Partial<ExperimentResults>>;
  ofAttribute?(written: JobOutputs, experiment: Experiment, edit: Edit): Promise<Partial<AttributeResult>>;
  ofMethod?(written: JobOutputs, experiment: Experiment, edit: Edit, method: Method): Promise<Partial<MethodResult>>;
  /** Of every training of a method, the first of which is the method itself. */
  ofTraining?(written: JobOutputs, experiment: Experiment, edit: Edit, method: Method): Promise<Partial<TrainingResult>>;
}

/** What finished jobs wrote. */
export interface JobOutputs {
  /** A file of a job; null when the job is not done, has no result, or is none of the run's. */
  json<T>(job: string, file: string): Promise<T | null>;
  /** Why a finished job has no result; null for one that has, or is not done. */
  none(job: string): NoResultRecord | null;
}
