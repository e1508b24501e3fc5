import type { Analysis } from "../analyses/analysis.js";
import type { View } from "../drawing/view.js";
import { STUDY_VIEWS } from "../study/views.js";
import { noResults, timings } from "./all-jobs.js";
import { analyze } from "./analyze/index.js";
import { evaluate } from "./evaluate/index.js";
import { fit, train } from "./find/index.js";
import { pictures } from "./pictures/index.js";
import { sample } from "./sample/index.js";
import type { Step } from "./step.js";

/** What an experiment rests on, and what is learned of edits: each after those whose jobs it reads. A new step is a folder and a line here. */
const GROUND: readonly Step[] = [sample, fit, train];
const MEASURED: readonly Step[] = [evaluate, analyze, pictures];

/** The steps of an experiment, in their order. */
export const STEPS: readonly Step[] = [...GROUND, ...MEASURED];

/** All tables and parts of the report, in its order: what was measured, what people said, then what that rests on, back to the codes, then what all jobs say. */
export function viewsOf(analyses: readonly Analysis[]): View[] {
  const of = (steps: readonly Step[]) => steps.flatMap((step) => step.views(analyses));
  return [...of(MEASURED), ...STUDY_VIEWS, ...of(GROUND.toReversed()), noResults, timings];
}
