import { addressOf } from "@latentflow/backend/wasm";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { backend, type TensorInfo } from "@tensorflow/tfjs-core";

const LIMIT = 2 ** 31;

/** For tests: runs `work` while the first 2 GB of wasm's heap are taken, without being written to: what it allocates lies above. */
export function aboveTwoGigabytes<T>(work: () => T): T {
  const on = backend() as BackendWasm;
  const blocks: TensorInfo[] = [];
  try {
    // Large blocks first, then whatever is left between them.
    for (let floats = 2 ** 26; floats >= 4; floats /= 2) {
      do blocks.push(on.makeOutput([floats], "float32"));
      while (addressOf(on, blocks.at(-1)!) < LIMIT);
      on.disposeData(blocks.pop()!.dataId);
    }
    return work();
  } finally {
    for (const { dataId } of blocks) on.disposeData(dataId);
  }
}
