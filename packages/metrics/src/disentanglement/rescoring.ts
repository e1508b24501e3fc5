import { describeValue } from "@latentflow/core";
import { powerOfTwo } from "@latentflow/core/linear-algebra";
import { MetricsError } from "../errors.js";
import { type MatrixLike, toMatrix } from "../input/matrix.js";

export interface Rescoring {
  /** Mean change of attribute j's score under edit i, [edits][attributes]. */
  readonly change: Float64Array[];
  /** Its standard error over samples; NaN for one sample. */
  readonly standardError: Float64Array[];
}

/**
 * InterFaceGAN's re-scoring analysis: how each edit moves the regressor's score of every attribute. The diagonal should be large, the rest small.
 *
 * @param before scores of the start codes, [samples, attributes]
 * @param after one matrix of the same shape an edit, the same codes after it
 */
export function rescoring(before: MatrixLike, after: readonly MatrixLike[]): Rescoring {
  const start = toMatrix("rescoring", "before", before);
  const { rows, columns } = start;
  const change: Float64Array[] = [];
  const standardError: Float64Array[] = [];
  if (!Array.isArray(after)) {
    throw new MetricsError(`rescoring: expected after as a list of matrices, one an edit, got ${describeValue(after)}.`);
  }
  for (const [k, edited] of (after as readonly MatrixLike[]).entries()) {
    const end = toMatrix("rescoring", `after[${k}]`, edited);
    if (end.rows !== rows || end.columns !== columns) {
      throw new MetricsError(
        `rescoring: expected scores [${rows}, ${columns}] after each edit, got [${end.rows}, ${end.columns}].`,
      );
    }
    const mean = new Float64Array(columns);
    const variance = new Float64Array(columns);
    const scale = Math.max(powerOfTwo(start.data), powerOfTwo(end.data));
    const difference = end.data.map((x, i) => x / scale - start.data[i]! / scale);
    difference.forEach((x, i) => {
      mean[i % columns]! += x / rows;
    });
    difference.forEach((x, i) => {
      variance[i % columns]! += (x - mean[i % columns]!) ** 2 / (rows - 1);
    });
    change.push(mean.map((x) => x * scale));
    standardError.push(variance.map((x) => Math.sqrt(x / rows) * scale));
  }
  return { change, standardError };
}
