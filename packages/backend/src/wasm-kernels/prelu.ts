import { type TensorInfo, util } from "@tensorflow/tfjs-core";
import { allocate, floatsOf } from "../wasm/heap.js";
import { fallingBack } from "./fall-back.js";

/** PReLU whose slopes are repeated along other axes than the leading ones: the stock kernel takes them in turns. */
export const prelu = fallingBack("Prelu", (stock) => (args) => {
  const { backend } = args;
  const { x, alpha } = args.inputs as { x: TensorInfo; alpha: TensorInfo };
  const rank = x.shape.length;
  const slopes = [...new Array<number>(rank - alpha.shape.length).fill(1), ...alpha.shape];
  const firstOwn = slopes.findIndex((length) => length !== 1);
  if (firstOwn < 0 || x.shape.slice(firstOwn).join() === slopes.slice(firstOwn).join()) return stock(args);
  const out = allocate(backend, x.shape);
  const [from, alphas, to] = floatsOf(backend, x, alpha, out);
  const steps = slopes.map((length, axis) => (length === 1 ? 0 : util.sizeFromShape(slopes.slice(axis + 1))));
  const sizes = x.shape.map((_, axis) => util.sizeFromShape(x.shape.slice(axis + 1)));
  for (let i = 0; i < from.length; i++) {
    const value = from[i]!;
    if (value >= 0) to[i] = value;
    else {
      let at = 0;
      for (let axis = 0; axis < rank; axis++) at += (Math.floor(i / sizes[axis]!) % x.shape[axis]!) * steps[axis]!;
      to[i] = value * alphas[at]!;
    }
  }
  return out;
});
