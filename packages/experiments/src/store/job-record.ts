import type { ExperimentConfig } from "../config/types.js";
import type { Environment, NoResultRecord } from "../results/index.js";

export const JOB_RECORD = "job.json";

/** One file of a job's folder. */
export interface OutputFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** `job.json`: what a job was made from, by what, and what it made. */
export interface JobRecord {
  readonly format: "latentflow-job";
  readonly job: string;
  /** Hash of everything in the configuration that the job and those before it depend on. */
  readonly inputs: string;
  readonly files: readonly OutputFile[];
  readonly config: ExperimentConfig;
  readonly environment: Environment;
  /** Why there is no result: nothing of it could be made of these codes, and trying again would end the same. Absent when there is one. */
  readonly none?: NoResultRecord;
  /** The only numbers that differ between two runs of the same configuration on the same backend. */
  readonly timing: { readonly seconds: number; readonly images: number };
  /** Hash of all else in this record; records of earlier versions have none. */
  readonly seal?: string;
}
