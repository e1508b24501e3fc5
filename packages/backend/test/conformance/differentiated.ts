import * as tf from "@tensorflow/tfjs-core";

/** Kernels whose gradient is a typed refusal. */
export const refused: ReadonlySet<string> = new Set([
  "Einsum",
  "CropAndResize",
  "RotateWithOffset",
  "Transform",
  "Complex",
  "Real",
  "Imag",
  "FFT",
  "IFFT",
  "Unique",
  "Bincount",
  "DenseBincount",
  "SparseToDense",
  "LRNGrad",
  "MaxPool3DGrad",
  "Dilation2DBackpropInput",
  "Dilation2DBackpropFilter",
]);

/** A set that from now on gains the name of every kernel that is recorded for a gradient. */
export function recordDifferentiated(): Set<string> {
  const names = new Set<string>();
  const recorder = tf.engine() as unknown as { addTapeNode: (kernelName: string, ...rest: unknown[]) => void };
  const addTapeNode = recorder.addTapeNode;
  recorder.addTapeNode = function (this: unknown, kernelName, ...rest) {
    names.add(kernelName);
    addTapeNode.call(this, kernelName, ...rest);
  };
  return names;
}
