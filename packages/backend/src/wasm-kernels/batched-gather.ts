import { type TensorInfo, util } from "@tensorflow/tfjs-core";
import { BackendError } from "../errors.js";
import { addressOf, allocate, heapBytes, integers } from "../wasm/heap.js";
import { fallingBack } from "./fall-back.js";

/** Rows by index with batch axes, of which the stock kernel takes every index list in the first batch. Indices outside the axis are refused. */
export const batchedGather = fallingBack("GatherV2", (stock) => (args) => {
  const { backend } = args;
  const { x, indices } = args.inputs as { x: TensorInfo; indices: TensorInfo };
  const { axis: given, batchDims } = args.attrs as { axis: number; batchDims: number };
  if (!batchDims || x.dtype === "string" || x.dtype === "complex64") return stock(args);
  const axis = given < 0 ? given + x.shape.length : given;
  const size = util.sizeFromShape;
  const batch = size(x.shape.slice(0, batchDims));
  const outer = size(x.shape.slice(batchDims, axis));
  const rows = x.shape[axis]!;
  const rowBytes = size(x.shape.slice(axis + 1)) * util.bytesPerElement(x.dtype);
  const picked = size(indices.shape) / batch;
  const out = allocate(
    backend,
    [...x.shape.slice(0, axis), ...indices.shape.slice(batchDims), ...x.shape.slice(axis + 1)],
    x.dtype,
  );
  const [from, to] = [addressOf(backend, x), addressOf(backend, out)];
  const ids = integers(backend, indices);
  const bytes = heapBytes(backend);
  let target = to;
  for (let b = 0; b < batch; b++) {
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < picked; i++, target += rowBytes) {
        const row = ids[b * picked + i]!;
        if (row < 0 || row >= rows) throw new BackendError(`gather: expected indices from 0 to ${rows - 1}, got ${row}.`);
        const source = from + ((b * outer + o) * rows + row) * rowBytes;
        bytes.copyWithin(target, source, source + rowBytes);
      }
    }
  }
  return out;
});
