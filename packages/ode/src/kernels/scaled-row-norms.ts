import { sizeOf } from "@latentflow/backend/wasm";
import {
  abs,
  add,
  div,
  engine,
  maximum,
  mean,
  mul,
  type NamedTensorMap,
  reshape,
  sqrt,
  square,
  stack,
  type Tensor,
  type TensorInfo,
} from "@tensorflow/tfjs-core";
import type { Tolerances } from "../types.js";
import type { Heap } from "./heap.js";
import { hasKernel, SCALED_ROW_NORMS } from "./lookup.js";
import { type RowWeights, rowCombination, usedTerms } from "./row-combination.js";
import type { NormMember } from "./scaled-norm.js";

interface ScaledRowNormsAttributes extends Tolerances {
  readonly members: number;
  readonly weights: RowWeights;
}

/**
 * `scaledNorm` of each row alone, to the same bits: the largest member's RMS of `Σ weights[row][i] · terms[i] / (atol + rtol · max(|a|, |b|))`.
 * Reads it back. On backends without that kernel it is composed of tfjs operations.
 */
export function scaledRowNorms(weights: RowWeights, members: readonly NormMember[], tolerances: Tolerances): ArrayLike<number> {
  const rows = weights.length;
  const own = members.map(({ a, b, terms }) => ({ a, b, ...usedTerms(weights, terms) }));
  if (hasKernel(SCALED_ROW_NORMS)) {
    const inputs = own.flatMap(({ a, b, terms }) => [a, b, ...terms]);
    const attributes: ScaledRowNormsAttributes = { members: members.length, weights: own[0]!.weights, ...tolerances };
    const norms: Tensor = engine().runKernel(SCALED_ROW_NORMS, inputs as unknown as NamedTensorMap, attributes as never);
    return norms.dataSync();
  }
  const { rtol, atol } = tolerances;
  const norms = own
    .filter(({ a }) => a.size > 0)
    .map(({ a, b, weights, terms }) => {
      const error = rowCombination(undefined, weights, terms);
      const scaled = div(error, add(mul(maximum(abs(a), abs(b)), rtol), atol));
      return sqrt(mean(square(reshape(scaled, [rows, -1])), 1));
    });
  if (norms.length === 0) return new Float64Array(rows);
  return largestOfRows((norms.length === 1 ? norms[0]! : stack(norms)).dataSync(), rows);
}

/**
 * The largest of each row's members; written so that NaN wins.
 *
 * @param sizes [members][rows]
 */
export function largestOfRows(sizes: ArrayLike<number>, rows: number): number[] {
  const result = new Array<number>(rows).fill(0);
  for (let i = 0; i < sizes.length; i++) {
    const row = i % rows;
    if (!(sizes[i]! <= result[row]!) && !Number.isNaN(result[row]!)) result[row] = sizes[i]!;
  }
  return result;
}

/** The kernel on a backend whose memory is a heap. */
export function scaledRowNormsOnHeap(
  heap: Heap,
  inputs: readonly TensorInfo[],
  attributes: ScaledRowNormsAttributes,
): TensorInfo {
  const { members, weights, rtol, atol } = attributes;
  const rows = weights.length;
  const stride = inputs.length / members;
  const sizes: number[] = [];
  for (let m = 0; m < members; m++) {
    const [a, b, ...terms] = inputs.slice(m * stride, (m + 1) * stride);
    const size = sizeOf(a!) / rows;
    if (size === 0) continue;
    for (const sum of heap.rowSumsOfScaledSquares(weights, terms, a!, b!, atol, rtol)) sizes.push(Math.sqrt(sum / size));
  }
  return heap.vector(largestOfRows(sizes, rows));
}
