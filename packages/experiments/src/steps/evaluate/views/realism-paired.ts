import type { Cell } from "../../../drawing/csv.js";
import type { View } from "../../../drawing/view.js";
import { limitsOf } from "./limits-of.js";

/** Every two methods' pictures; the page has them among the pairs. */
export const pairedRealism: View = {
  csv: {
    file: "realism-paired.csv",
    about: "every two methods' edited pictures at the largest Control looked at that both reach: a minus b",
    columns: [
      "attribute",
      "a",
      "b",
      "control",
      "distance",
      "distance_lower",
      "distance_upper",
      "outside",
      "outside_lower",
      "outside_upper",
    ],
    rows: ({ attributes }) =>
      attributes.flatMap(({ name, comparison }) =>
        (comparison?.paired ?? []).flatMap(({ a, b, realism }): Cell[][] => {
          if (!realism) return [];
          const { control, distance, interval, outside, outsideInterval } = realism;
          return [[name, a, b, control, distance, ...limitsOf(interval), outside, ...outsideInterval]];
        }),
      ),
  },
};
