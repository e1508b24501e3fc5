import { addressOf, allocate, type BackendWasm, floatsOf, onceForEachMemory, sizeOf } from "@latentflow/backend/wasm";
import type { DataType, KernelBackend, TensorInfo } from "@tensorflow/tfjs-core";
import type { Loops } from "./loops.js";
import { simdLoops } from "./simd-loops.js";
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
  /** As `weightedSum`, the weights of each row its own: a list for each. */
  weightedRowSums(weights: readonly (readonly number[])[], terms: readonly TensorInfo[]): TensorInfo;
  /** As `sumOfScaledSquares`, a number for each row. */
  rowSumsOfScaledSquares(
    weights: readonly (readonly number[])[],
    terms: readonly TensorInfo[],
    a: TensorInfo,
    b: TensorInfo,
    atol: number,
    rtol: number,
  ): number[];
  /** A tensor of rank 1. */
  vector(values: readonly number[]): TensorInfo;
}

const inJavaScript: Loops<Float32Array> = { weightedSum, sumOfScaledSquares };

/** How many elements of a tensor belong to one of so many rows. */
const perRow = (tensor: TensorInfo, rows: number) => sizeOf(tensor) / rows;

/**
 * @param places of all at once: to bring one here may replace the memory that others are in
 * @param further the place so many elements on
 */
function heapOf<Place>(
  make: (shape: readonly number[]) => TensorInfo,
  views: (...tensors: TensorInfo[]) => readonly Float32Array[],
  places: (...tensors: TensorInfo[]) => readonly Place[],
  further: (place: Place, elements: number, size: number) => Place,
  loops: Loops<Place>,
): Heap {
  /** The places of one row. */
  const rowOf = (places: readonly Place[], row: number, size: number) => places.map((place) => further(place, row * size, size));
  return {
    weightedSum(weights, terms) {
      const out = make(terms[0]!.shape);
      const [to, ...from] = places(out, ...terms);
      loops.weightedSum(to!, weights, from, sizeOf(out));
      return out;
    },
    sumOfScaledSquares(weights, terms, a, b, atol, rtol) {
      const [first, second, ...from] = places(a, b, ...terms);
      return loops.sumOfScaledSquares(weights, from, first!, second!, atol, rtol, sizeOf(a));
    },
    scalar(value) {
      const out = make([]);
      views(out)[0]![0] = value;
      return out;
    },
    weightedRowSums(weights, terms) {
      const out = make(terms[0]!.shape);
      const all = places(out, ...terms);
      const size = perRow(out, weights.length);
      weights.forEach((own, row) => {
        const [to, ...from] = rowOf(all, row, size);
        loops.weightedSum(to!, own, from, size);
      });
      return out;
    },
    rowSumsOfScaledSquares(weights, terms, a, b, atol, rtol) {
      const all = places(a, b, ...terms);
      const size = perRow(a, weights.length);
      return weights.map((own, row) => {
        const [first, second, ...from] = rowOf(all, row, size);
        return loops.sumOfScaledSquares(own, from, first!, second!, atol, rtol, size);
      });
    },
    vector(values) {
      const out = make([values.length]);
      views(out)[0]!.set(values);
      return out;
    },
  };
}

/** What is used of tfjs-backend-cpu. */
interface CpuBackend extends KernelBackend {
  readonly data: { get(dataId: object): { values?: unknown } };
  makeTensorInfo(shape: readonly number[], dtype: DataType, values: Float32Array): TensorInfo;
}

function cpuHeap(backend: CpuBackend): Heap {
  const make = (shape: readonly number[]) => backend.makeTensorInfo(shape, "float32", new Float32Array(sizeOf({ shape })));
  const views = (...tensors: TensorInfo[]) => tensors.map(({ dataId }) => backend.data.get(dataId).values as Float32Array);
  return heapOf(make, views, views, partOf, inJavaScript);
}

const partOf = (view: Float32Array, first: number, size: number) => view.subarray(first, first + size);
const bytesOn = (address: number, elements: number) => address + 4 * elements;

const simdOf = /* @__PURE__ */ onceForEachMemory(simdLoops);

function wasmHeap(backend: BackendWasm): Heap {
  const make = (shape: readonly number[]) => allocate(backend, shape);
  const views = (...tensors: TensorInfo[]) => floatsOf(backend, ...tensors);
  const addresses = (...tensors: TensorInfo[]) => tensors.map((tensor) => addressOf(backend, tensor));
  const simd = simdOf(backend);
  return simd ? heapOf(make, views, addresses, bytesOn, simd) : heapOf(make, views, views, partOf, inJavaScript);
}

/** The backends with a heap, by their tfjs name. */
export const HEAPS: Readonly<Record<string, (backend: never) => Heap>> = { cpu: cpuHeap, wasm: wasmHeap };
