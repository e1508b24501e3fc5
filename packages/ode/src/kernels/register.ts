import {
  getGradient,
  getKernel,
  type NamedTensorInfoMap,
  registerGradient,
  registerKernel,
  type TensorInfo,
} from "@tensorflow/tfjs-core";
import { HEAPS } from "./heap.js";
import { type LinearCombinationAttributes, linearCombinationGradient, linearCombinationOnHeap } from "./linear-combination.js";
import { LINEAR_COMBINATION, SCALED_NORM } from "./lookup.js";
import { type ScaledNormAttributes, scaledNormOnHeap } from "./scaled-norm.js";

/** Registers the fused kernels, once: importing this package has no side effects, the first solve on tensors does this. */
export function registerKernels(): void {
  if (getGradient(LINEAR_COMBINATION) !== undefined) return;
  for (const [backendName, heapOf] of Object.entries(HEAPS)) {
    if (getKernel(LINEAR_COMBINATION, backendName) !== undefined) continue;
    registerKernel({
      kernelName: LINEAR_COMBINATION,
      backendName,
      kernelFunc: ({ inputs, backend, attrs }) =>
        linearCombinationOnHeap(heapOf(backend), asList(inputs), attrs as unknown as LinearCombinationAttributes),
    });
    registerKernel({
      kernelName: SCALED_NORM,
      backendName,
      kernelFunc: ({ inputs, backend, attrs }) =>
        scaledNormOnHeap(heapOf(backend), asList(inputs), attrs as unknown as ScaledNormAttributes),
    });
  }
  registerGradient(linearCombinationGradient);
}

/** Our kernels pass their inputs as an array, as tfjs's own AddN does. */
const asList = (inputs: NamedTensorInfoMap) => inputs as unknown as readonly TensorInfo[];
