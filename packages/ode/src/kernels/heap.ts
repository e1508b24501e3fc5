import type { DataType, KernelBackend, TensorInfo } from "@tensorflow/tfjs-core";

/** Reads inputs and makes outputs of a kernel as plain float32 arrays, on the backends whose memory JavaScript can reach. */
export interface Heap {
  /** Values of each input. On wasm they are views that the next allocation may detach: read and write before allocating again. */
  views(tensors: readonly TensorInfo[]): Float32Array[];
  output(shape: number[]): TensorInfo;
}

/** What is used of tfjs-backend-cpu. */
interface CpuBackend extends KernelBackend {
  readonly data: { get(dataId: object): { values?: unknown } };
  makeTensorInfo(shape: number[], dtype: DataType, values: Float32Array): TensorInfo;
}

/** What is used of tfjs-backend-wasm. */
interface WasmBackend extends KernelBackend {
  readonly dataIdMap: { get(dataId: object): { memoryOffset: number } };
  readonly wasm: { readonly HEAPU8: Uint8Array };
  makeOutput(shape: number[], dtype: DataType): TensorInfo;
}

const sizeOf = (tensor: TensorInfo) => tensor.shape.reduce((size, length) => size * length, 1);

function cpuHeap(backend: CpuBackend): Heap {
  return {
    views: (tensors) => tensors.map((tensor) => backend.data.get(tensor.dataId).values as Float32Array),
    output: (shape) => backend.makeTensorInfo(shape, "float32", new Float32Array(sizeOf({ shape } as TensorInfo))),
  };
}

function wasmHeap(backend: WasmBackend): Heap {
  return {
    views: (tensors) => {
      // Offsets first: a tensor that still lives on another backend moves here now and may grow the heap.
      const offsets = tensors.map((tensor) => backend.dataIdMap.get(tensor.dataId).memoryOffset);
      const { buffer } = backend.wasm.HEAPU8;
      return tensors.map((tensor, i) => new Float32Array(buffer, offsets[i], sizeOf(tensor)));
    },
    output: (shape) => backend.makeOutput(shape, "float32"),
  };
}

/** The backends with a heap, by their tfjs name. */
export const HEAPS: Readonly<Record<string, (backend: unknown) => Heap>> = {
  cpu: (backend) => cpuHeap(backend as CpuBackend),
  wasm: (backend) => wasmHeap(backend as WasmBackend),
};
