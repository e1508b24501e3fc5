import type { Comparison, Evaluation, Realism } from "../../results/index.js";
import { directionJob } from "../find/directions.js";
import type { Step } from "../step.js";
import { COMPARISON_FILE, comparisonJob, comparisonJobId } from "./compare.js";
import { EVALUATION_FILE, evaluateJob, evaluateJobs } from "./evaluate.js";
import { REALISM_FILE, realismJob, realismJobs } from "./realism.js";
import { areas } from "./views/areas.js";
import { curves } from "./views/curves.js";
import { otherAttributes } from "./views/other-attributes.js";
import { paired } from "./views/paired.js";
import { realism } from "./views/realism.js";
import { pairedRealism } from "./views/realism-paired.js";
import { seeds } from "./views/seeds.js";

/** Every method's edits of held-out codes measured, their pictures judged, all methods compared. */
export const evaluate: Step = {
  name: "evaluate",
  jobs: (experiment) =>
    experiment.edits.flatMap((edit) => [
      ...evaluateJobs(experiment, edit),
      ...realismJobs(experiment, edit),
      comparisonJob(experiment, edit),
    ]),
  ofAttribute: async (written, _, edit) => ({
    comparison: await written.json<Comparison>(comparisonJobId(edit), COMPARISON_FILE),
  }),
  // What a method lacks a direction for is not measured either.
  ofMethod: async (written, _, edit, method) => ({
    none: written.none(evaluateJob(edit, method)) ?? written.none(directionJob(edit, method)),
  }),
  ofTraining: async (written, { networks }, edit, method) => ({
    evaluation: await written.json<Evaluation>(evaluateJob(edit, method), EVALUATION_FILE),
    ...(networks.environment.judge !== undefined && {
      realism: await written.json<Realism>(realismJob(edit, method), REALISM_FILE),
    }),
  }),
  views: () => [curves, otherAttributes, areas, paired, realism, pairedRealism, seeds],
};
