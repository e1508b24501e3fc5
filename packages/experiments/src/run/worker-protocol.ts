import type { EngineName } from "@latentflow/engine";
import type { ExperimentConfig } from "../config/types.js";
import type { NetworkInfo } from "../results/index.js";

/** What a worker is started with. */
export interface WorkerStart {
  readonly config: ExperimentConfig;
  readonly networks: NetworkInfo;
  readonly path: string;
  readonly engine: EngineName;
  readonly threads: number;
  /** Images asked of the networks at once at most. */
  readonly atOnce: number;
}

/** How far a worker is with its job, and how many images that took. */
export interface JobShare {
  readonly done: number;
  readonly images: number;
}
