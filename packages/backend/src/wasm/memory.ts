import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { engine, type TensorInfo } from "@tensorflow/tfjs-core";
import { heapBytes, releaseWindow } from "./heap.js";
import { outOfMemory } from "./out-of-memory.js";

/** Nothing is tested while the heap is smaller than this: it can still grow. */
const ALMOST_FULL = 3 * 2 ** 30;
/** What a kernel takes inside, for packed weights and lists of addresses, where tfjs does not look whether it got it. */
const SCRATCH = 128 * 2 ** 20;

interface Allocator {
  _malloc(bytes: number): number;
  _free(address: number): void;
}

const checked = new WeakSet<object>();

/**
 * Makes every allocation for a tensor on wasm end in memory or in an error. tfjs goes on with address 0 when there is none, over data of its own, and
 * its kernels then fail with "memory access out of bounds", or do not fail and give nonsense.
 */
export function checkAllocations(backend: BackendWasm): void {
  const wasm = backend.wasm as unknown as Allocator;
  if (checked.has(wasm)) return;
  checked.add(wasm);
  releaseFailedKernels(backend);
  // At its first call Emscripten's function puts another in its own place.
  wasm._free(wasm._malloc(8));
  const allocate = wasm._malloc.bind(wasm);
  wasm._malloc = (bytes: number) => {
    const address = allocate(bytes);
    if (address === 0 && bytes > 0) throw outOfMemory(bytes, heapBytes(backend));
    if (heapBytes(backend).length > ALMOST_FULL) {
      const scratch = allocate(SCRATCH);
      if (scratch === 0) {
        wasm._free(address);
        throw outOfMemory(bytes, heapBytes(backend));
      }
      wasm._free(scratch);
    }
    return address;
  };
}

/** What the kernel that runs has taken so far: an array's references, and whether it is a window into another one. */
let taken: Map<object, { references: number; window: boolean }> | undefined;

/** Leaves an array to the cache that holds it, should the kernel that made it fail later. */
export function own(info: TensorInfo): void {
  taken?.delete(info.dataId);
}

interface Engine {
  runKernel(kernelName: string, inputs: unknown, attrs?: unknown): unknown;
}

/** What a kernel that fails half-way had taken is given back: tfjs hears of a kernel's outputs only, and of none of those. */
function releaseFailedKernels(backend: BackendWasm): void {
  const makeOutput = backend.makeOutput.bind(backend);
  const incRef = backend.incRef.bind(backend);
  const disposeData = backend.disposeData.bind(backend);
  const count = (dataId: object, change: number, window = false) => {
    const entry = taken?.get(dataId);
    if (entry) entry.references += change;
    else taken?.set(dataId, { references: change, window });
  };
  backend.makeOutput = (shape, dtype, memoryOffset, values) => {
    const output = makeOutput(shape, dtype, memoryOffset, values);
    count(output.dataId, 1, memoryOffset !== undefined && memoryOffset !== null);
    return output;
  };
  backend.incRef = (dataId) => {
    incRef(dataId);
    count(dataId, 1);
  };
  backend.disposeData = (dataId, force) => {
    count(dataId, -1);
    return disposeData(dataId, force);
  };

  const runner = engine() as unknown as Engine;
  const runKernel = runner.runKernel;
  runner.runKernel = function (this: Engine, ...args) {
    const outer = taken;
    const own = new Map<object, { references: number; window: boolean }>();
    taken = own;
    try {
      return runKernel.apply(this, args);
    } catch (error) {
      taken = undefined;
      for (const [dataId, { references, window }] of own) {
        if (references <= 0 || !backend.dataIdMap.has(dataId)) continue;
        if (window) releaseWindow(backend, { dataId } as TensorInfo);
        else for (let i = 0; i < references; i++) backend.disposeData(dataId);
      }
      throw error;
    } finally {
      taken = outer;
    }
  };
}
