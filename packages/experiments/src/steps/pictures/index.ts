import type { PictureRecord } from "../../results/index.js";
import type { Step } from "../step.js";
import { comparisonPicturesJob, PICTURES_FILE, picturesJob, picturesJobs } from "./pictures.js";
import { strips } from "./strips.js";

/** Strips, grids and movies of edited pictures. */
export const pictures: Step = {
  name: "pictures",
  jobs: picturesJobs,
  ofAttribute: async (written, _, edit) => ({
    pictures: (await written.json<PictureRecord[]>(comparisonPicturesJob(edit), PICTURES_FILE)) ?? [],
  }),
  ofMethod: async (written, _, edit, method) => ({
    pictures: (await written.json<PictureRecord[]>(picturesJob(edit, method), PICTURES_FILE)) ?? [],
  }),
  views: () => [strips],
};
