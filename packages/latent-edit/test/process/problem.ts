import { SeededRandom } from "@latentflow/core";
import type { TrainOptions } from "../../src/train/settings.js";
import { D } from "../small-world.js";

/** The training that is killed, spread over threads, and compared with itself. */
export const PROBLEM: Pick<TrainOptions, "attribute" | "codes" | "iterations" | "batchSize" | "seed"> = {
  attribute: { name: "size" },
  codes: { data: new SeededRandom(5).normals(60 * D, 0, 1.5), shape: [60, D] },
  iterations: 40,
  batchSize: 6,
  seed: 3,
};
