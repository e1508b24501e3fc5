import type { ModelParts, RunningModel } from "@latentflow/engine";
import type { Experiment } from "../experiment/experiment.js";
import type { LabelledCodes } from "../model/labelled-codes.js";
import type { RunFolder } from "../store/run-folder.js";

/** The steps' names, in their order. Each has a command; `report` is made of their results. */
export const STEP_NAMES = ["sample", "fit", "train", "evaluate", "analyze", "pictures"] as const;

export type StepName = (typeof STEP_NAMES)[number];

/** A piece of work that writes one folder. */
export interface Job {
  /** Its folder: "train/object_shape/ode-1". Begins with its step. */
  readonly id: string;
  readonly step: StepName;
  /** Jobs whose folders it reads. */
  readonly needs: readonly string[];
  /** What it depends on besides those. A job is done again when this changes; a `revision` in it rises when the code gives other numbers. */
  readonly settings: unknown;
  /** About how many images it costs, for progress. */
  readonly images: number;
  /** Of those, how many are made with their gradient: each costs {@link GRADIENT_COST} images. Default 0. */
  readonly gradients?: number;
  /** About how many multiplications it takes besides, in JavaScript. Default 0. */
  readonly operations?: number;
  /** Which attribute × method it belongs to, "object_shape/ode-1": what shards share out. Absent: needed by many. */
  readonly pair?: string;
  /** @throws ConfigError when the networks lack what it needs; asked before the first job */
  check?(parts: ModelParts): void;
  run(context: StepContext, out: JobOutput): Promise<void>;
}

/** A gradient costs about twice what an image does, and needs the image. */
export const GRADIENT_COST = 3;

/** Where a job may write. */
export interface JobOutput {
  /** A folder of its own, which becomes the job's when it is done. */
  readonly folder: string;
  /** A file that outlives an interruption, for the state to go on from. */
  readonly scratch: string;
}

/** Codes for fitting, training and probing, and others for measuring. */
export interface Sample {
  readonly training: LabelledCodes;
  readonly heldOut: LabelledCodes;
}

/** What a job may use. */
export interface StepContext extends Experiment {
  readonly folder: RunFolder;
  readonly signal: AbortSignal | undefined;
  /** Networks; loaded when first asked for. */
  parts(): Promise<ModelParts>;
  model(): Promise<RunningModel>;
  /** All codes with their labels and scores; read when first asked for. */
  sample(): Promise<Sample>;
  /** @param done share of the job, 0 to 1 */
  progress(done: number): void;
}
