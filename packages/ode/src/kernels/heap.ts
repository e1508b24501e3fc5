import type { DataType, KernelBackend, TensorInfo } from "@tensorflow/tfjs-core";
import { type SimdKernels, simdKernels } from "./simd-kernels.js";
import { sumOfScaledSquares, weightedSum } from "./weighted-sum.js";

/** The two loops of a solver on a backend whose memory JavaScript can reach. */
export interface Heap {
  /** Σ weights[i] · terms[i] as a new tensor shaped as the terms. */
  weightedSum(weights: readonly number[], terms: readonly TensorInfo[]): TensorInfo;
  /** Σ (Σ weights[i] · terms[i] / (atol + rtol · max(|a|, |b|)))². */
  sumOfScaledSquares(
    weights: readonly number[],
    terms: readonly TensorInfo[],
    a: TensorInfo,
    b: TensorInfo,
    atol: number,
    rtol: number,
  ): number;
  /** A scalar tensor. */
  scalar(value: number): TensorInfo;
}

/** What is used of tfjs-backend-cpu. */
interface CpuBackend extends KernelBackend {
  readonly data: { get(dataId: object): { values?: unknown } };
  makeTensorInfo(shape: number[], dtype: DataType, values: Float32Array): TensorInfo;
}

/** What is used of tfjs-backend-wasm. */
interface WasmBackend extends KernelBackend {
  readonly dataIdMap: { get(dataId: object): { memoryOffset: number } };
  readonly wasm: { readonly HEAPU8: Uint8Array; readonly asm?: { readonly memory?: unknown } };
  makeOutput(shape: number[], dtype: DataType): TensorInfo;
}

const sizeOf = ({ shape }: { readonly shape: readonly number[] }) => shape.reduce((size, length) => size * length, 1);

function cpuHeap(backend: CpuBackend): Heap {
  const view = (tensor: TensorInfo) => backend.data.get(tensor.dataId).values as Float32Array;
  return {
    weightedSum(weights, terms) {
      const out = new Float32Array(sizeOf(terms[0]!));
      weightedSum(out, weights, terms.map(view));
      return backend.makeTensorInfo(terms[0]!.shape, "float32", out);
    },
    sumOfScaledSquares: (weights, terms, a, b, atol, rtol) =>
      sumOfScaledSquares(weights, terms.map(view), view(a), view(b), atol, rtol),
    scalar: (value) => backend.makeTensorInfo([], "float32", Float32Array.of(value)),
  };
}

function wasmHeap(backend: WasmBackend): Heap {
  const offset = (tensor: TensorInfo) => backend.dataIdMap.get(tensor.dataId).memoryOffset;
  const viewAt = (at: number, size: number) => new Float32Array(backend.wasm.HEAPU8.buffer, at, size);
  const memory = backend.wasm.asm?.memory;
  const simd: SimdKernels | undefined = memory instanceof WebAssembly.Memory ? simdKernels(memory) : undefined;
  return {
    weightedSum(weights, terms) {
      const size = sizeOf(terms[0]!);
      const out = backend.makeOutput(terms[0]!.shape, "float32");
      // Offsets before views: a tensor that still lives on another backend moves here now, which may grow and detach the heap.
      const offsets = terms.map(offset);
      if (simd !== undefined) simd.weightedSum(offset(out), size, weights, offsets);
      else
        weightedSum(
          viewAt(offset(out), size),
          weights,
          offsets.map((at) => viewAt(at, size)),
        );
      return out;
    },
    sumOfScaledSquares(weights, terms, a, b, atol, rtol) {
      const size = sizeOf(a);
      const offsets = [a, b, ...terms].map(offset);
      if (simd !== undefined)
        return simd.sumOfScaledSquares(size, weights, offsets.slice(2), offsets[0]!, offsets[1]!, atol, rtol);
      const [viewA, viewB, ...views] = offsets.map((at) => viewAt(at, size));
      return sumOfScaledSquares(weights, views, viewA!, viewB!, atol, rtol);
    },
    scalar(value) {
      const out = backend.makeOutput([], "float32");
      viewAt(offset(out), 1)[0] = value;
      return out;
    },
  };
}

const known = new WeakMap<object, Heap>();

/** Made once for each instance of a backend. */
function remember<B extends object>(make: (backend: B) => Heap): (backend: unknown) => Heap {
  return (backend) => {
    let heap = known.get(backend as B);
    if (heap === undefined) {
      heap = make(backend as B);
      known.set(backend as B, heap);
    }
    return heap;
  };
}

/** The backends with a heap, by their tfjs name. */
export const HEAPS: Readonly<Record<string, (backend: unknown) => Heap>> = { cpu: remember(cpuHeap), wasm: remember(wasmHeap) };
