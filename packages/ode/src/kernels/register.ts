import {
  getGradient,
  getKernel,
  type NamedTensorInfoMap,
  registerGradient,
  registerKernel,
  type TensorInfo,
} from "@tensorflow/tfjs-core";
import { HEAPS } from "./heap.js";
import { linearCombinationGradient, linearCombinationOnHeap } from "./linear-combination.js";
import { LINEAR_COMBINATION, ROW_COMBINATION, SCALED_NORM, SCALED_ROW_NORMS } from "./lookup.js";
import { rowCombinationGradient, rowCombinationOnHeap } from "./row-combination.js";
import { scaledNormOnHeap } from "./scaled-norm.js";
import { scaledRowNormsOnHeap } from "./scaled-row-norms.js";

const KERNELS = [
  [LINEAR_COMBINATION, linearCombinationOnHeap],
  [SCALED_NORM, scaledNormOnHeap],
  [ROW_COMBINATION, rowCombinationOnHeap],
  [SCALED_ROW_NORMS, scaledRowNormsOnHeap],
] as const;

/** Registers the fused kernels, once: importing this package has no side effects, the first solve on tensors does this. */
export function registerKernels(): void {
  if (getGradient(LINEAR_COMBINATION) !== undefined) return;
  for (const [backendName, heapOf] of Object.entries(HEAPS)) {
    if (getKernel(LINEAR_COMBINATION, backendName) !== undefined) continue;
    for (const [kernelName, kernel] of KERNELS) {
      registerKernel({
        kernelName,
        backendName,
        kernelFunc: ({ inputs, backend, attrs }) => kernel(heapOf(backend as never), asList(inputs), attrs as never),
      });
    }
  }
  registerGradient(linearCombinationGradient);
  registerGradient(rowCombinationGradient);
}

/** Our kernels pass their inputs as an array, as tfjs's own AddN does. */
const asList = (inputs: NamedTensorInfoMap) => inputs as unknown as readonly TensorInfo[];
