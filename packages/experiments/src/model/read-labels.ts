import type { AttributeModel } from "@latentflow/core";
import { argMax, dispose, type Tensor, type Tensor2D, tidy } from "@tensorflow/tfjs-core";

/** Predicted classes of a batch of codes, a column an attribute; `w` stays the caller's. */
export async function readLabels(model: AttributeModel, w: Tensor): Promise<Int32Array[]> {
  const logits: Tensor2D[] = await model.logits(w);
  try {
    return await Promise.all(
      logits.map(async (values) => {
        const labels = tidy(() => argMax(values, 1));
        return (await labels.data().finally(() => labels.dispose())) as Int32Array;
      }),
    );
  } finally {
    dispose(logits);
  }
}
