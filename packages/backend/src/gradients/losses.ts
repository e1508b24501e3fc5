import {
  add,
  logSoftmax,
  losses,
  mul,
  neg,
  Reduction,
  sum,
  Tensor,
  type TensorLike,
  tensor,
  tidy,
  util,
} from "@tensorflow/tfjs-core";

/**
 * Puts −Σ y · logSoftmax(x) in place of tf.losses.softmaxCrossEntropy, whose own gradient is wrong with respect to the labels and has no derivative
 * with respect to the logits. Same arguments, same values.
 */
export function repairSoftmaxCrossEntropy(): void {
  losses.softmaxCrossEntropy = softmaxCrossEntropy as typeof losses.softmaxCrossEntropy;
}

function softmaxCrossEntropy(
  onehotLabels: Tensor | TensorLike,
  logits: Tensor | TensorLike,
  weights?: Tensor | TensorLike,
  labelSmoothing = 0,
  reduction = Reduction.SUM_BY_NONZERO_WEIGHTS,
): Tensor {
  return tidy(() => {
    const given = asTensor(onehotLabels);
    const scores = asTensor(logits);
    util.assertShapesMatch(given.shape, scores.shape, "Error in softmaxCrossEntropy: ");
    const classes = given.shape.at(-1)!;
    const labels = labelSmoothing > 0 ? add(mul(given, 1 - labelSmoothing), labelSmoothing / classes) : given;
    return losses.computeWeightedLoss(neg(sum(mul(logSoftmax(scores), labels), -1)), weights, reduction);
  });
}

const asTensor = (value: Tensor | TensorLike) => (value instanceof Tensor ? value : tensor(value as number[]));
