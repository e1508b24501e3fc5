import {
  addN,
  clone,
  engine,
  type GradConfig,
  mul,
  type NamedTensorMap,
  type Tensor,
  type TensorInfo,
} from "@tensorflow/tfjs-core";
import type { Heap } from "./heap.js";
import { hasKernel, LINEAR_COMBINATION } from "./lookup.js";

export interface LinearCombinationAttributes {
  readonly hasBase: boolean;
  readonly weights: readonly number[];
}

/**
 * `base + Σ weights[i] · terms[i]` as one kernel, differentiable to any order with respect to base and terms. Sums in double precision.
 * On backends without that kernel it is composed of tfjs operations.
 *
 * @param base a tensor, or undefined for 0
 * @param weights one number a term; terms of weight 0 are left out
 */
export function linearCombination(base: Tensor | undefined, weights: readonly number[], terms: readonly Tensor[]): Tensor {
  const used: number[] = [];
  const inputs: Tensor[] = base === undefined ? [] : [base];
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] === 0 || terms[i] === undefined) continue;
    used.push(weights[i]!);
    inputs.push(terms[i]!);
  }
  if (used.length === 0) return base === undefined ? mul(terms[0]!, 0) : clone(base);
  if (!hasKernel(LINEAR_COMBINATION)) return composed(base, used, base === undefined ? inputs : inputs.slice(1));
  const attributes = { hasBase: base !== undefined, weights: used };
  return engine().runKernel(LINEAR_COMBINATION, inputs as unknown as NamedTensorMap, attributes);
}

function composed(base: Tensor | undefined, weights: readonly number[], terms: readonly Tensor[]): Tensor {
  const scaled = terms.map((term, i) => mul(term, weights[i]!));
  return addN(base === undefined ? scaled : [base, ...scaled]);
}

/** The kernel on a backend whose memory is a heap. */
export function linearCombinationOnHeap(
  heap: Heap,
  inputs: readonly TensorInfo[],
  { hasBase, weights }: LinearCombinationAttributes,
): TensorInfo {
  // The base comes last: the sum of the small terms loses no digits to it.
  return hasBase ? heap.weightedSum([...weights, 1], [...inputs.slice(1), inputs[0]!]) : heap.weightedSum(weights, inputs);
}

export const linearCombinationGradient: GradConfig = {
  kernelName: LINEAR_COMBINATION,
  gradFunc: (dy, _saved, attributes) => {
    const { hasBase, weights } = attributes as unknown as LinearCombinationAttributes;
    const cotangent = dy as Tensor;
    const gradients: Record<string, () => Tensor> = {};
    // A copy, since the tape disposes what it accumulates.
    if (hasBase) gradients[0] = () => clone(cotangent);
    weights.forEach((weight, i) => {
      gradients[i + (hasBase ? 1 : 0)] = () => linearCombination(undefined, [weight], [cotangent]);
    });
    return gradients;
  },
};
