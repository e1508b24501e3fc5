import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { own } from "../wasm/memory.js";

/**
 * Flipped and transposed copies of weights, made once and kept as long as the weights they were made from.
 *
 * The key is the data behind a tensor, not the tensor: a tf.Variable that is assigned gets new data, so its old copies can't be met again, and
 * they are freed together with the old data. A clone shares its data, so what was copied for a gradient goes with the matrix itself. XNNPACK keeps its packed form of a filter by the same identity, so a kept copy is packed once, too.
 */
type Copies = Map<string, TensorInfo>;

const copiesByBackend = new WeakMap<BackendWasm, WeakMap<object, Copies>>();

/** The copy of `source` named `key`, made by `build` when it does not exist yet. The cache owns it: never release it. */
export function prepared(backend: BackendWasm, source: TensorInfo, key: string, build: () => TensorInfo): TensorInfo {
  const copiesByData = copiesOf(backend);
  let copies = copiesByData.get(source.dataId);
  if (copies === undefined) {
    copies = new Map();
    copiesByData.set(source.dataId, copies);
  }
  let copy = copies.get(key);
  if (copy === undefined) {
    copy = build();
    own(copy);
    copies.set(key, copy);
  }
  return copy;
}

function copiesOf(backend: BackendWasm): WeakMap<object, Copies> {
  const known = copiesByBackend.get(backend);
  if (known !== undefined) return known;
  const copiesByData = new WeakMap<object, Copies>();
  copiesByBackend.set(backend, copiesByData);
  freeCopiesWithTheirSource(backend, copiesByData);
  return copiesByData;
}

/** tfjs tells nobody when data dies, except the backend that holds it: this is the one place to hear of it. */
function freeCopiesWithTheirSource(backend: BackendWasm, copiesByData: WeakMap<object, Copies>): void {
  const disposeData = backend.disposeData.bind(backend);
  backend.disposeData = (dataId: object, force?: boolean): boolean => {
    const freed = disposeData(dataId, force);
    const copies = freed ? copiesByData.get(dataId) : undefined;
    if (copies !== undefined) {
      copiesByData.delete(dataId);
      for (const copy of copies.values()) disposeData(copy.dataId);
    }
    return freed;
  };
}
