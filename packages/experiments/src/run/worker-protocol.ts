import type { EngineName } from "@latentflow/engine";
import type { ExperimentConfig } from "../config/types.js";
import type { NetworkInfo } from "../results/index.js";
import type { Done } from "./schedule.js";

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

/** Main thread to worker: the id of a job to do, or the wish to stop. */
export type ToWorker = { readonly type: "job"; readonly id: string } | { readonly type: "stop" };

/** Worker to main thread. */
export type FromWorker =
  | { readonly type: "progress"; readonly done: number; readonly images: number }
  | { readonly type: "done"; readonly record: Done }
  | {
      readonly type: "failed";
      readonly name: string;
      readonly message: string;
      readonly stack: string;
      /** Whether the message is written for users: `isForUsers`. */
      readonly forUsers: boolean;
    };
