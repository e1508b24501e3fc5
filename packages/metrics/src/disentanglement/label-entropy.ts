import { checkInteger } from "../input/checks.js";
import { type CheckedLabels, checkAttributeClasses, checkLabels, type Labels, labelPath } from "../input/labels.js";

/**
 * How much one attribute wandered along each edit (the summand of equation 7): the entropy of the histogram of its classes over [0, t],
 * divided by ln(classes). 0 when the class never changed, 1 when every class was met equally often.
 *
 * @returns [samples, times], row by row
 */
export function labelEntropy(labels: Labels, attributeIndex: number, classes: number): Float64Array {
  const checked = checkLabels("labelEntropy", labels);
  checkInteger("labelEntropy", "attributeIndex", attributeIndex, 0, checked.shape[1] - 1);
  checkInteger("labelEntropy", "classes", classes, 2);
  checkAttributeClasses("labelEntropy", checked, attributeIndex, classes);
  return entropyOf(checked, attributeIndex, classes);
}

/** The same for labels that have been checked. */
export function entropyOf(labels: CheckedLabels, attributeIndex: number, classes: number): Float64Array {
  const [samples, , times] = labels.shape;
  const entropy = new Float64Array(samples * times);
  const histogram = new Uint32Array(classes);
  for (let i = 0; i < samples; i++) {
    const path = labelPath(labels, i, attributeIndex);
    histogram.fill(0);
    for (let t = 0; t < times; t++) {
      histogram[path[t]!]!++;
      entropy[i * times + t] = histogramEntropy(histogram, t + 1) / Math.log(classes);
    }
  }
  return entropy;
}

/** H in nats of the frequencies `histogram / total`. */
function histogramEntropy(histogram: Uint32Array, total: number): number {
  let entropy = 0;
  for (const count of histogram) {
    if (count > 0) entropy -= (count / total) * Math.log(count / total);
  }
  return entropy;
}
