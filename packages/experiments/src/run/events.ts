import type { Environment, NoResultRecord } from "../results/index.js";
import type { Estimate } from "./fit-machine.js";

/** What happens during a run, for progress bars and programs. */
export type RunEvent =
  | {
      readonly type: "begin";
      readonly folder: string;
      readonly environment: Environment;
      /** Jobs to do, and about how many images each costs. */
      readonly jobs: readonly { readonly id: string; readonly images: number }[];
      /** All jobs of the experiment, those that are done included. */
      readonly total: number;
      /** What it will about take; null where nothing is asked of the networks. */
      readonly estimate: Estimate | null;
      /** Finished jobs of other settings that are made again, and which settings those are: "train.iterations 1000 → 5". */
      readonly replaced: { readonly jobs: readonly string[]; readonly changes: readonly string[] };
    }
  | { readonly type: "start"; readonly job: string }
  | {
      readonly type: "progress";
      readonly job: string;
      /** Share of the job, 0 to 1. */
      readonly done: number;
      /** Images it asked of the generator so far. */
      readonly images: number;
    }
  | {
      readonly type: "end";
      readonly job: string;
      readonly seconds: number;
      readonly images: number;
      /** Another process of this run did it; it cost nothing here. */
      readonly elsewhere: boolean;
      /** Why the job is done without a result. */
      readonly none?: NoResultRecord["why"];
    };
