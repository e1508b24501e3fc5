import {
  addN,
  clone,
  engine,
  type GradConfig,
  mul,
  type NamedTensorMap,
  type Tensor,
  type TensorInfo,
  tensor,
} from "@tensorflow/tfjs-core";
import type { Heap } from "./heap.js";
import { hasKernel, ROW_COMBINATION } from "./lookup.js";

/** Weights of a sum of terms, a list of one number a term for each row. */
export type RowWeights = readonly (readonly number[])[];

export interface RowCombinationAttributes {
  readonly hasBase: boolean;
  readonly weights: RowWeights;
}

/** The same weights for each row, times a number of its own. */
export const rowWeights = (weights: readonly number[], factors: readonly number[]): RowWeights =>
  factors.map((factor) => weights.map((weight) => weight * factor));

/** Weights and terms without those terms that no row takes a part of. */
export function usedTerms<T>(weights: RowWeights, terms: readonly T[]): { weights: RowWeights; terms: T[] } {
  const used = Array.from(terms.keys()).filter((i) => weights.some((row) => row[i] !== 0));
  if (used.length === terms.length) return { weights, terms: [...terms] };
  return { weights: weights.map((row) => used.map((i) => row[i]!)), terms: used.map((i) => terms[i]!) };
}

/**
 * `base + Σ weights[row][i] · terms[i]` as one kernel, rows being the first axis: what `linearCombination` does for each row alone, to the same bits.
 * Differentiable to any order with respect to base and terms. On backends without that kernel it is composed of tfjs operations.
 *
 * @param base a tensor, or undefined for 0
 */
export function rowCombination(base: Tensor | undefined, weights: RowWeights, terms: readonly Tensor[]): Tensor {
  const used = usedTerms(weights, terms);
  if (used.terms.length === 0) return base === undefined ? mul(terms[0]!, 0) : clone(base);
  if (!hasKernel(ROW_COMBINATION)) return composed(base, used.weights, used.terms);
  const inputs = base === undefined ? used.terms : [base, ...used.terms];
  const attributes: RowCombinationAttributes = { hasBase: base !== undefined, weights: used.weights };
  return engine().runKernel(ROW_COMBINATION, inputs as unknown as NamedTensorMap, attributes as never);
}

function composed(base: Tensor | undefined, weights: RowWeights, terms: readonly Tensor[]): Tensor {
  const { shape } = terms[0]!;
  const column = (i: number) =>
    tensor(
      Float32Array.from(weights, (row) => row[i]!),
      shape.map((length, axis) => (axis === 0 ? length : 1)),
    );
  const scaled = terms.map((term, i) => mul(term, column(i)));
  return addN(base === undefined ? scaled : [base, ...scaled]);
}

/** The kernel on a backend whose memory is a heap. */
export function rowCombinationOnHeap(
  heap: Heap,
  inputs: readonly TensorInfo[],
  { hasBase, weights }: RowCombinationAttributes,
): TensorInfo {
  if (!hasBase) return heap.weightedRowSums(weights, inputs);
  // The base comes last: the sum of the small terms loses no digits to it.
  return heap.weightedRowSums(
    weights.map((row) => [...row, 1]),
    [...inputs.slice(1), inputs[0]!],
  );
}

export const rowCombinationGradient: GradConfig = {
  kernelName: ROW_COMBINATION,
  gradFunc: (dy, _saved, attributes) => {
    const { hasBase, weights } = attributes as unknown as RowCombinationAttributes;
    const cotangent = dy as Tensor;
    const gradients: Record<string, () => Tensor> = {};
    // A copy, since the tape disposes what it accumulates.
    if (hasBase) gradients[0] = () => clone(cotangent);
    weights[0]!.forEach((_, i) => {
      const own = weights.map((row) => [row[i]!]);
      gradients[i + (hasBase ? 1 : 0)] = () => rowCombination(undefined, own, [cotangent]);
    });
    return gradients;
  },
};
