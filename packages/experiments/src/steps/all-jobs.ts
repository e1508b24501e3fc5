import type { Cell } from "../drawing/csv.js";
import type { View } from "../drawing/view.js";
import { perMethod } from "./per-method.js";

/** What the data did not allow. */
export const noResults: View = {
  csv: {
    file: "no-results.csv",
    about: "methods without a result, and why: no starts, no direction",
    columns: ["attribute", "method", "why", "text"],
    rows: (results) => perMethod(results, ({ name }, { id, none }) => (none ? [[name, id, none.why, none.text] as Cell[]] : [])),
  },
};

/** What each job took. */
export const timings: View = {
  csv: {
    file: "timings.csv",
    about: "seconds and images of each job",
    columns: ["job", "seconds", "images", "images_per_second"],
    rows: (results) =>
      results.timings.map(({ job, seconds, images, imagesPerSecond }): Cell[] => [job, seconds, images, imagesPerSecond]),
  },
};
