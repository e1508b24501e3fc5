import type { SampleRecord } from "../../results/index.js";
import type { Step } from "../step.js";
import { association } from "./association.js";
import { codes } from "./codes.js";
import { featureJobs } from "./features.js";
import { SUMMARY_FILE, SUMMARY_JOB, sampleJobs } from "./sample.js";

/** Codes, their labels and, where edited pictures are judged, features of their pictures. */
export const sample: Step = {
  name: "sample",
  jobs: (experiment) => [...sampleJobs(experiment), ...featureJobs(experiment)],
  async ofExperiment(written) {
    const record = await written.json<SampleRecord>(SUMMARY_JOB, SUMMARY_FILE);
    return record === null ? {} : { sample: record };
  },
  views: () => [codes, association],
};
