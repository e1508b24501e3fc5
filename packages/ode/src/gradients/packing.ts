import { add, concat, mul, reshape, split, sum, type Tensor } from "@tensorflow/tfjs-core";

/** Several tensors as one vector, since a custom gradient has one value; a single one stays as it is. */
export function packTensors(tensors: readonly Tensor[]): Tensor {
  if (tensors.length === 1) return tensors[0]!;
  return concat(tensors.map((tensor) => reshape(tensor, [-1])));
}

/** Inverse of `packTensors`. */
export function unpackTensors(packed: Tensor, like: readonly { readonly shape: number[]; readonly size: number }[]): Tensor[] {
  if (like.length === 1) return [packed];
  const parts = split(
    packed,
    like.map(({ size }) => size),
  );
  return parts.map((part, i) => reshape(part, like[i]!.shape));
}

/** Σ ⟨aᵢ, bᵢ⟩ as a scalar. */
export function innerProduct(a: readonly Tensor[], b: readonly Tensor[]): Tensor {
  return a.map((leaf, i) => sum(mul(leaf, b[i]!))).reduce((total, term) => add(total, term));
}
