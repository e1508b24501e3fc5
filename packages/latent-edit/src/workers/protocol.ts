import type { BackendName } from "@latentflow/backend";
import type { NeuralOdeOptions } from "../directions/neural-ode-direction.js";
import type { History } from "../train/history.js";
import type { TrainOptions } from "../train/settings.js";

/** What of a training's options can cross to another thread. Codes over a SharedArrayBuffer are shared, not copied. */
export type PortableTrainOptions = Omit<
  TrainOptions,
  "model" | "generator" | "regressor" | "identity" | "loss" | "checkpoint" | "onProgress" | "signal"
>;

/** One direction to train. */
export interface TrainJob extends PortableTrainOptions {
  /** Names the job in progress, errors and results. */
  name: string;
  /** The direction to make and train. */
  direction: Omit<NeuralOdeOptions, "latentDim">;
  /** File that keeps the state: a job whose worker died goes on from there, and so does a later call. */
  checkpoint?: { path: string; every?: number };
}

/** What a worker is started with. */
export interface WorkerStart {
  setup: string;
  backend: BackendName;
}

/** What a worker makes of a job. */
export interface TrainedFile {
  readonly file: Uint8Array;
  readonly history: History;
}
