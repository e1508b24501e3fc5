import { sizeOf } from "@latentflow/backend/wasm";
import {
  abs,
  add,
  div,
  engine,
  max,
  maximum,
  mean,
  mul,
  type NamedTensorMap,
  type Scalar,
  sqrt,
  square,
  stack,
  type Tensor,
  type TensorInfo,
} from "@tensorflow/tfjs-core";
import type { Tolerances } from "../types.js";
import type { Heap } from "./heap.js";
import { linearCombination } from "./linear-combination.js";
import { hasKernel, SCALED_NORM } from "./lookup.js";

/** One member of the state in an error test. */
export interface NormMember {
  readonly a: Tensor;
  readonly b: Tensor;
  readonly terms: readonly Tensor[];
}

export interface ScaledNormAttributes extends Tolerances {
  readonly members: number;
  readonly weights: readonly number[];
}

/**
 * The largest member's RMS of `Σ weights[i] · terms[i] / (atol + rtol · max(|a|, |b|))`, as one kernel and one scalar. Step sizes are not
 * differentiated, so neither is this. On backends without that kernel it is composed of tfjs operations.
 */
export function scaledNorm(weights: readonly number[], members: readonly NormMember[], tolerances: Tolerances): Scalar {
  const terms = members[0]?.terms.length ?? 0;
  const all = Array.from(weights.keys());
  const nonzero = all.filter((i) => weights[i] !== 0);
  // On a step so small that every weight underflows the terms stay: NaN in one of them must be seen.
  const used = nonzero.length > 0 ? nonzero : all.slice(0, terms);
  const usedWeights = used.map((i) => weights[i]!);
  if (!hasKernel(SCALED_NORM)) {
    const norms = members.map(({ a, b, terms }) =>
      composed(
        usedWeights,
        a,
        b,
        used.map((i) => terms[i]!),
        tolerances,
      ),
    );
    return norms.length === 1 ? norms[0]! : max(stack(norms));
  }
  const inputs = members.flatMap(({ a, b, terms }) => [a, b, ...used.map((i) => terms[i]!)]);
  const attributes = { members: members.length, weights: usedWeights, ...tolerances };
  return engine().runKernel(SCALED_NORM, inputs as unknown as NamedTensorMap, attributes) as Scalar;
}

function composed(
  weights: readonly number[],
  a: Tensor,
  b: Tensor,
  terms: readonly Tensor[],
  { rtol, atol }: Tolerances,
): Scalar {
  const scale = add(mul(maximum(abs(a), abs(b)), rtol), atol);
  return sqrt(mean(square(div(linearCombination(undefined, weights, terms), scale))));
}

/** The kernel on a backend whose memory is a heap. */
export function scaledNormOnHeap(heap: Heap, inputs: readonly TensorInfo[], attributes: ScaledNormAttributes): TensorInfo {
  const { members, weights, rtol, atol } = attributes;
  const stride = 2 + weights.length;
  let largest = 0;
  for (let m = 0; m < members; m++) {
    const [a, b, ...terms] = inputs.slice(m * stride, (m + 1) * stride);
    const size = sizeOf(a!);
    const rms = size === 0 ? 0 : Math.sqrt(heap.sumOfScaledSquares(weights, terms, a!, b!, atol, rtol) / size);
    // Written so that NaN wins: a solver must see it.
    if (!(rms <= largest)) largest = rms;
    if (Number.isNaN(largest)) break;
  }
  return heap.scalar(largest);
}
