import "@latentflow/ode";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-wasm";
import { LINEAR_COMBINATION, ROW_COMBINATION, SCALED_NORM, SCALED_ROW_NORMS } from "../src/kernels/lookup.js";
import { registerKernels } from "../src/kernels/register.js";

/** `composed` is the cpu backend without our kernels: what every other backend does. */
export const backends = ["cpu", "wasm", "composed"] as const;

export async function start(backend: (typeof backends)[number]): Promise<void> {
  if (backend === "composed" && tf.findBackendFactory("composed") === null) {
    registerKernels();
    tf.registerBackend("composed", tf.findBackendFactory("cpu"));
    tf.copyRegisteredKernels("cpu", "composed");
    for (const kernel of [LINEAR_COMBINATION, SCALED_NORM, ROW_COMBINATION, SCALED_ROW_NORMS])
      tf.unregisterKernel(kernel, "composed");
  }
  await tf.setBackend(backend);
}

/** Runs `work` and returns how many tensors it left behind. */
export function leaked(work: () => void): number {
  const before = tf.memory().numTensors;
  work();
  return tf.memory().numTensors - before;
}

/** The values of a tensor, which is disposed. */
export function values(tensor: tf.Tensor): number[] {
  const read = [...tensor.dataSync()];
  tensor.dispose();
  return read;
}
