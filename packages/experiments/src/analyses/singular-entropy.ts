import { singularEntropy as entropyOf } from "@latentflow/metrics";
import { markup } from "../drawing/markup.js";
import { fixed } from "../drawing/numbers.js";
import { groupedBars } from "../drawing/plots/bars.js";
import { missing } from "../drawing/report-context.js";
import type { SingularEntropyRecord } from "../results/index.js";
import type { MethodAnalysis } from "./analysis.js";
import { flowMatrix } from "./flow-matrix.js";
import { flowsAmong } from "./flows.js";

/** In how many dimensions a flow bends: both readings of a depth-1 flow's matrix. */
export const singularEntropy: MethodAnalysis<readonly SingularEntropyRecord[] | null> = {
  id: "singularEntropy",
  of: "method",
  async compute({ direction, config }) {
    const matrix = await flowMatrix(direction);
    if (matrix === null) return null;
    const { k } = config.analyze;
    return [false, true].map((plusIdentity) => {
      const found = entropyOf(matrix, { plusIdentity, ...(k !== null && { k: Math.min(k, direction.latentDim) }) });
      return { ...found, singularValues: Array.from(found.singularValues) };
    });
  },
  csv: {
    file: "entropy.csv",
    about: "singular entropy of each flow's matrix",
    columns: ["matrix", "entropy", "effective_dimension", "k"],
    rows: (readings) => (readings ?? []).map((s) => [s.matrix, s.entropy, s.effectiveDimension, s.k]),
  },
  section: {
    place: "experiment",
    width: "half",
    draw(found, context) {
      const flows = flowsAmong(found, context);
      if (flows.length === 0) return false;
      const groups = flows.flatMap(({ name, style, value }) => {
        const bars = (value ?? []).map(({ matrix, entropy, effectiveDimension }) => ({
          value: entropy,
          colour: style.colour,
          text: `${fixed(entropy)} · ${fixed(effectiveDimension, 0)} dim`,
          faint: matrix === "W + I",
        }));
        return bars.length > 0 ? [{ name, bars }] : [];
      });
      if (groups.length === 0) return missing("Singular entropy needs a flow of depth 1.");
      return markup`<h3>Singular entropy</h3><figure>${groupedBars("Singular entropy of each flow", groups, "S in nats")}<figcaption>Full: of W. Pale: of W + I, the other reading of the same residual layer. exp(S) is about
how many dimensions the flow bends in: more means less linear.</figcaption></figure>`;
    },
  },
};
