import { type CustomLoss, describeValue } from "@latentflow/core";
import { dispose, engine, type Scalar, Tensor, type Tensor2D, type Tensor4D } from "@tensorflow/tfjs-core";
import { OnnxError } from "../errors.js";
import { floats, type OnnxTensor } from "../graph/model.js";

/** A loss of one's own and its gradient with respect to logits and images. */
export interface CustomLossResult {
  readonly value: number;
  /** Of the logits, then of the images; zeros where the loss does not use them. */
  readonly cotangents: readonly OnnxTensor[];
}

/**
 * Evaluates and differentiates a loss with tfjs. The answers stay the caller's.
 *
 * @throws OnnxError for a loss that gives no scalar, or does not depend on what it gets
 */
export async function evaluateCustomLoss(
  loss: CustomLoss,
  logits: readonly Tensor2D[],
  images: Tensor4D,
): Promise<CustomLossResult> {
  const answers: Tensor[] = [...logits, images];
  const f = () => {
    const value: unknown = loss([...logits], images);
    if (value instanceof Tensor && value.rank === 0) return value as Scalar;
    throw new OnnxError(`lossAndGradient: expected the loss to give a scalar tensor, got ${describeValue(value)}.`);
  };
  // A loss need not use all of its arguments: those have no gradient.
  const { value, grads } = engine().gradients(f, answers, undefined, true) as { value: Scalar; grads: (Tensor | null)[] };
  try {
    if (grads.every((gradient) => gradient == null))
      throw new OnnxError("lossAndGradient: expected a loss that depends on the logits or the images, got one that does not.");
    const [number] = await value.data();
    const cotangents = await Promise.all(
      answers.map(async ({ shape, size }, i) => {
        const gradient = grads[i];
        return floats(shape, gradient ? ((await gradient.data()) as Float32Array) : new Float32Array(size));
      }),
    );
    return { value: number!, cotangents };
  } finally {
    dispose([value, ...grads.filter((gradient) => gradient != null)]);
  }
}
