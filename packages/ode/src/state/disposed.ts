import { describeValue } from "@latentflow/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { OdeError } from "../errors.js";

/** Throws for a tensor that has been disposed, which tfjs would only notice where it is used. */
export function refuseDisposed(caller: string, name: string, tensor: Tensor): void {
  if (tensor.isDisposed)
    throw new OdeError(
      `${caller}: expected ${name} to hold no disposed tensor, got ${describeValue(tensor)}; dispose it after its last use, or keep it from a tidy with tf.keep.`,
    );
}
