import type { Cell } from "../../drawing/csv.js";
import type { View } from "../../drawing/view.js";

/** Which attributes go together; the page has it beside the codes. */
export const association: View = {
  csv: {
    file: "association.csv",
    about: "Cramér's V of every pair of attributes",
    columns: ["a", "b", "cramers_v"],
    rows: ({ sample }) =>
      sample.association.flatMap((row, i) =>
        row.map((value, j): Cell[] => [sample.attributes[i]?.name ?? i, sample.attributes[j]?.name ?? j, value]),
      ),
  },
};
