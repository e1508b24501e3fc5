import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { type TensorInfo, util } from "@tensorflow/tfjs-core";
import { BackendError } from "../errors.js";
import type { KernelOverride } from "../kernels/override.js";
import { addressOf, allocate, floats, integers } from "../wasm/heap.js";

/** Adds rows that share a segment id: the gradient of gather. tfjs-backend-wasm has none. Ids outside [0, numSegments) are dropped, as on cpu. */
export const unsortedSegmentSum: KernelOverride<BackendWasm> = {
  kernelName: "UnsortedSegmentSum",
  make() {
    return ({ inputs, backend, attrs }) => {
      const { x, segmentIds } = inputs as { x: TensorInfo; segmentIds: TensorInfo };
      const { numSegments } = attrs as { numSegments: number };
      if (x.dtype !== "float32" && x.dtype !== "int32")
        throw new BackendError(`UnsortedSegmentSum: expected float32 or int32, got ${x.dtype}.`);
      const idRank = segmentIds.shape.length;
      const rowShape = x.shape.slice(idRank);
      const width = util.sizeFromShape(rowShape);
      const out = allocate(backend, [numSegments, ...rowShape], x.dtype);
      const view = x.dtype === "float32" ? floats : integers;
      for (const input of [x, segmentIds]) addressOf(backend, input);
      const [from, to, ids] = [view(backend, x), view(backend, out).fill(0), integers(backend, segmentIds)];
      for (let row = 0; row < ids.length; row++) {
        const id = ids[row]!;
        if (id < 0 || id >= numSegments) continue;
        const [source, target] = [row * width, id * width];
        for (let c = 0; c < width; c++) to[target + c]! += from[source + c]!;
      }
      return out;
    };
  },
};
