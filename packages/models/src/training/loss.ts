import { add, div, logSoftmax, mul, neg, type Scalar, slice, sum, type Tensor2D, tensor2d, tidy } from "@tensorflow/tfjs-core";
import type { TrainedAttribute } from "./data.js";

/** A weight of each class of each attribute; null: all count the same. */
export type ClassWeights = readonly Float32Array[] | null;

/** What a batch's labels are to the loss: of each attribute [n, classes], a row's weight at its class, over the sum of all weights. */
export function targetsOf(labels: Int32Array, attributes: readonly TrainedAttribute[], weights: ClassWeights): Tensor2D[] {
  const count = attributes.length;
  const n = labels.length / count;
  return attributes.map(({ classes }, k) => {
    const rows = new Float32Array(n * classes);
    let total = 0;
    for (let i = 0; i < n; i++) {
      const label = labels[i * count + k]!;
      if (label < 0) continue;
      const weight = weights === null ? 1 : weights[k]![label]!;
      rows[i * classes + label] = weight;
      total += weight;
    }
    // A batch without a label of this attribute says nothing about it.
    if (total > 0) for (let i = 0; i < rows.length; i++) rows[i]! /= total;
    return tensor2d(rows, [n, classes]);
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
