import type { FitRecord, TrainingRecord } from "../../results/index.js";
import type { Step } from "../step.js";
import { directionJob } from "./directions.js";
import { FIT_FILE, findJobs, TRAINING_FILE } from "./find.js";
import { training } from "./training.js";

/** Directions found from codes and labels. */
export const fit: Step = {
  name: "fit",
  jobs: (experiment) => findJobs(experiment, "fit"),
  async ofMethod(written, _, edit, method) {
    return method.step === "fit" ? { fit: await written.json<FitRecord>(directionJob(edit, method), FIT_FILE) } : {};
  },
  views: () => [],
};

/** Directions trained with the networks' gradient. */
export const train: Step = {
  name: "train",
  jobs: (experiment) => findJobs(experiment, "train"),
  async ofTraining(written, _, edit, method) {
    if (method.step !== "train") return {};
    return { training: await written.json<TrainingRecord>(directionJob(edit, method), TRAINING_FILE) };
  },
  views: () => [training],
};
