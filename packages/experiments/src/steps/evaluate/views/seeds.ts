import type { Cell } from "../../../drawing/csv.js";
import type { View } from "../../../drawing/view.js";

/** Trainings from several seeds; the page has their mean and spread among the areas. */
export const seeds: View = {
  csv: {
    file: "seeds.csv",
    about: "each training of a method that was trained from several seeds",
    columns: ["attribute", "method", "seed", "max_control", "mean_disentanglement"],
    rows: ({ attributes }) =>
      attributes.flatMap(({ name, comparison }) =>
        (comparison?.areas ?? []).flatMap(({ method, seeds }) =>
          (seeds?.seeds ?? []).map((seed, k): Cell[] => [
            name,
            method,
            seed,
            seeds!.maxControl[k]!,
            seeds!.meanDisentanglement[k]!,
          ]),
        ),
      ),
  },
};
