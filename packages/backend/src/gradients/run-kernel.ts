import { engine, type NamedAttrMap, type Tensor } from "@tensorflow/tfjs-core";

/** A kernel without a public op of its own, through the engine: recorded for gradients, memory tracked. */
export function runKernel(kernelName: string, inputs: { [name: string]: Tensor }, attrs: object): Tensor {
  return engine().runKernel(kernelName, inputs, attrs as NamedAttrMap) as Tensor;
}
