import { type TensorInfo, util } from "@tensorflow/tfjs-core";
import { allocate, floats, integers } from "../wasm/heap.js";
import { fallingBack } from "./fall-back.js";

/** One-hot vectors in float32, which the stock kernel fills with the bits of integers. */
export const oneHot = fallingBack("OneHot", (stock) => (args) => {
  const { backend } = args;
  const indices = args.inputs.indices as TensorInfo;
  const { dtype, depth, onValue, offValue } = args.attrs as { dtype: string; depth: number; onValue: number; offValue: number };
  if (dtype !== "float32" || indices.dtype !== "int32") return stock(args);
  const out = allocate(backend, [...indices.shape, depth]);
  const ids = integers(backend, indices);
  const to = floats(backend, out).fill(offValue);
  for (let i = 0; i < util.sizeFromShape(indices.shape); i++) {
    const place = ids[i]!;
    if (place >= 0 && place < depth) to[i * depth + place] = onValue;
  }
  return out;
});
