import { add, div, logSoftmax, mul, neg, type Scalar, slice, sum, type Tensor2D, tensor2d, tidy } from "@tensorflow/tfjs-core";
import type { TrainedAttribute } from "./data.js";

/** A weight of each class of each attribute; null: all count the same. */
export type ClassWeights = readonly Float32Array[] | null;

/**
 * What a batch's labels are to the loss, [n, all classes] attribute after attribute: a row's weight at its class, over the sum of the attribute's weights
 * in the batch.
 */
export function targetRows(labels: Int32Array, attributes: readonly TrainedAttribute[], weights: ClassWeights): Float32Array {
  const count = attributes.length;
  const n = labels.length / count;
  const width = attributes.reduce((sum, { classes }) => sum + classes, 0);
  const rows = new Float32Array(n * width);
  let from = 0;
  for (const [k, { classes }] of attributes.entries()) {
    // A batch without a label of this attribute says nothing about it.
    let total = 0;
    for (let i = 0; i < n; i++) total += weightOf(labels[i * count + k]!, weights?.[k]);
    for (let i = 0; i < n; i++) {
      const label = labels[i * count + k]!;
      if (total > 0 && label >= 0) rows[i * width + from + label] = weightOf(label, weights?.[k]) / total;
    }
    from += classes;
  }
  return rows;
}

const weightOf = (label: number, weights: Float32Array | undefined) =>
  label < 0 ? 0 : weights === undefined ? 1 : weights[label]!;

/** The same as tensors, [n, classes] an attribute. */
export function targetsOf(labels: Int32Array, attributes: readonly TrainedAttribute[], weights: ClassWeights): Tensor2D[] {
  const n = labels.length / attributes.length;
  const rows = targetRows(labels, attributes, weights);
  const width = rows.length / n;
  return tidy(() => {
    const all = tensor2d(rows, [n, width]);
    let from = 0;
    return attributes.map(({ classes }) => {
      from += classes;
      return slice(all, [0, from - classes], [n, classes]);
    });
  });
}

/**
 * Mean over attributes of the cross entropy, classes weighted and unknown labels left out as by PyTorch's `CrossEntropyLoss(weight, ignore_index=-1)`.
 *
 * @param logits [n, all classes], attribute after attribute
 * @param targets of `targetsOf`
 */
export function multiHeadLoss(logits: Tensor2D, targets: readonly Tensor2D[]): Scalar {
  return tidy(() => {
    let from = 0;
    const losses = targets.map((target) => {
      const [n, classes] = target.shape;
      const own = slice(logits, [0, from], [n, classes]);
      from += classes;
      return neg(sum(mul(logSoftmax(own), target)));
    });
    return div(
      losses.reduce((all, loss) => add(all, loss)),
      targets.length,
    ) as Scalar;
  });
}
