import { type MethodAnalysis, markup } from "@latentflow/experiments";
import * as tf from "@tensorflow/tfjs-core";

/** A metric from outside, shown in the report: how far from its start a code is at the end of its edit. A straight line's is `maxTime`. */
export const distance: MethodAnalysis<{ mean: number }> = {
  id: "distance",
  of: "method",
  compute: async ({ direction, starts, config }) => {
    const mean = tf.tidy(() => {
      const w = tf.tensor(starts.data, [...starts.shape]);
      return tf.mean(tf.norm(tf.sub(direction.flow(w, config.evaluate.maxTime), w), 2, -1));
    });
    const [value] = await mean.data().finally(() => mean.dispose());
    return { mean: value! };
  },
  csv: {
    file: "distance.csv",
    about: "mean distance between a code and its edited one at the largest edit length",
    columns: ["mean"],
    rows: ({ mean }) => [[mean]],
  },
  section: {
    place: "experiment",
    draw: (found) =>
      found.length > 0 &&
      markup`<h3>Distance of the ends</h3><ul>${found.map(({ method, attribute, value }) => markup`<li>${attribute.name}, ${method.label}: ${value.mean.toFixed(2)}</li>`)}</ul>`,
  },
};
