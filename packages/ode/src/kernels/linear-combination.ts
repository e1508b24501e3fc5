import { addN, engine, type GradConfig, mul, type NamedTensorMap, type Tensor, type TensorInfo } from "@tensorflow/tfjs-core";
import type { Heap } from "./heap.js";
import { hasKernel, LINEAR_COMBINATION } from "./lookup.js";

/** Elements that one pass keeps in double precision: small enough for the first-level cache. */
const BLOCK = 2048;
const accumulator = new Float64Array(BLOCK);

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
  if (used.length === 0) return base === undefined ? mul(terms[0]!, 0) : base.clone();
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
  const result = heap.output(inputs[0]!.shape);
  const views = heap.views([...inputs, result]);
  const out = views[inputs.length]!;
  const first = hasBase ? 1 : 0;
  for (let start = 0; start < out.length; start += BLOCK) {
    const length = Math.min(BLOCK, out.length - start);
    const first0 = views[first]!;
    const weight0 = weights[0]!;
    for (let i = 0; i < length; i++) accumulator[i] = weight0 * first0[start + i]!;
    for (let j = 1; j < weights.length; j++) addScaled(weights[j]!, views[first + j]!, start, length);
    if (hasBase) addScaled(1, views[0]!, start, length);
    for (let i = 0; i < length; i++) out[start + i] = accumulator[i]!;
  }
  return result;
}

function addScaled(weight: number, term: Float32Array, start: number, length: number): void {
  for (let i = 0; i < length; i++) accumulator[i]! += weight * term[start + i]!;
}

export const linearCombinationGradient: GradConfig = {
  kernelName: LINEAR_COMBINATION,
  gradFunc: (dy, _saved, attributes) => {
    const { hasBase, weights } = attributes as unknown as LinearCombinationAttributes;
    const cotangent = dy as Tensor;
    const gradients: Record<string, () => Tensor> = {};
    // A copy, since the tape disposes what it accumulates.
    if (hasBase) gradients[0] = () => cotangent.clone();
    weights.forEach((weight, i) => {
      gradients[i + (hasBase ? 1 : 0)] = () => linearCombination(undefined, [weight], [cotangent]);
    });
    return gradients;
  },
};
