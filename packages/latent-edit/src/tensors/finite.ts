import { addN, mul, stack, sum, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { owning } from "./owning.js";

/** Numbers by what they are, in words for an error message. */
export type Parts = Readonly<Record<string, number | Tensor | readonly Tensor[]>>;

/**
 * The name of the first part that holds a number that is not finite: the rest is only what comes of it. Tensors are looked at where they are; one
 * number each comes back from the backend, of all parts together.
 */
export async function firstNotFinite(parts: Parts): Promise<string | undefined> {
  const tensors = Object.entries(parts).filter(
    (part): part is [string, Tensor | readonly Tensor[]] => typeof part[1] !== "number",
  );
  const spoiled = new Set(await spoiledTensors(tensors));
  return Object.keys(parts).find((name) => {
    const value = parts[name]!;
    return typeof value === "number" ? !Number.isFinite(value) : spoiled.has(name);
  });
}

function spoiledTensors(parts: readonly [string, Tensor | readonly Tensor[]][]): Promise<string[]> {
  return owning(async (own) => {
    if (parts.length === 0) return [];
    // 0 · x is 0 but for NaN and infinities, where it is NaN.
    const zeroOf = (tensors: readonly Tensor[]) => addN(tensors.map((x) => sum(mul(x, 0))));
    const zeros = own(tidy(() => stack(parts.map(([, value]) => zeroOf([value].flat() as Tensor[])))));
    const values = await zeros.data();
    return parts.filter((_, i) => values[i] !== 0).map(([name]) => name);
  });
}
