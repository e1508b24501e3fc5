import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { broadcast_util, type TensorInfo, util } from "@tensorflow/tfjs-core";
import type { Inputs, KernelFunction } from "../kernels/override.js";
import { addressOf, allocate, floats, heapBytes, makeWindow, release, releaseWindow, withShape } from "../wasm/heap.js";
import { fallingBack } from "./fall-back.js";
import { prepared } from "./prepared.js";
import { rememberingShapes } from "./right-operand.js";
import { runKernel } from "./run-kernel.js";

/**
 * The stock kernel is fast (XNNPACK) only for two plain matrices; a transposed operand or a batch falls into a loop ten times slower. So:
 * transpose first, and multiply a batch matrix by matrix. Below this many multiply-adds a matrix, setting XNNPACK up costs more than the loop.
 */
const SMALL_PRODUCT = 8_192;

/** A·Bᵀ is turned round when A has this many times fewer rows than B: measured at 32×512×512, from 5 to 20 GFLOP/s when B is new each time. */
const FEW_ROWS = 4;

/** BatchMatMul with transposes and batches at the speed of the plain product. */
export const batchMatMul = fallingBack("BatchMatMul", (original) => {
  const stock = rememberingShapes(original);
  return (args) => {
    const { a, b } = args.inputs as { a: TensorInfo; b: TensorInfo };
    const { transposeA, transposeB } = args.attrs as { transposeA: boolean; transposeB: boolean };
    const sizes = productSizes(a, b, transposeA, transposeB);
    const plain = !transposeA && !transposeB && sizes.batchA === 1 && sizes.batchB === 1;
    if (util.sizeFromShape(a.shape) === 0 || util.sizeFromShape(b.shape) === 0) return zeroProduct(args.backend, a, b, sizes);
    if (plain || a.dtype !== "float32" || b.dtype !== "float32" || sizes.inner !== sizes.innerB) return stock(args);
    const matrices = { a, b, transposeA, transposeB, sizes };
    if (sizes.rows * sizes.inner * sizes.columns < SMALL_PRODUCT && sameBatch(a, b)) return stock(args);
    return multiply(args.backend, stock, matrices);
  };
});

/** The fused form (bias, activation): operands transposed first; a batch, of which the stock kernel gives only the first matrix its bias, in steps. */
export const fusedMatMul = fallingBack("_FusedMatMul", (original) => {
  const stock = rememberingShapes(original);
  return (args) => {
    const { backend, inputs, attrs } = args;
    const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
    const { transposeA, transposeB } = attrs as { transposeA: boolean; transposeB: boolean };
    const { batchA, batchB } = productSizes(a, b, transposeA, transposeB);
    if (batchA > 1 || batchB > 1) return inSteps(backend, inputs, attrs as unknown as FusedAttributes);
    if ((!transposeA && !transposeB) || a.dtype !== "float32" || b.dtype !== "float32") return stock(args);
    const left = transposeA ? transposeLastTwo(backend, a) : a;
    const right = transposeB ? transposedOnce(backend, b) : b;
    const out = stock({
      backend,
      inputs: { ...inputs, a: left, b: right },
      attrs: { ...attrs, transposeA: false, transposeB: false },
    });
    if (transposeA) release(backend, left);
    return out;
  };
});

interface FusedAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly activation: string;
  readonly leakyreluAlpha?: number;
}

/** Kernels of the activations that tfjs fuses; "linear" has none. */
const ACTIVATION_KERNELS: Readonly<Record<string, string>> = {
  relu: "Relu",
  relu6: "Relu6",
  elu: "Elu",
  sigmoid: "Sigmoid",
  leakyrelu: "LeakyRelu",
  prelu: "Prelu",
};

function inSteps(
  backend: BackendWasm,
  inputs: Inputs,
  { transposeA, transposeB, activation, leakyreluAlpha }: FusedAttributes,
): TensorInfo {
  const { a, b, bias, preluActivationWeights } = inputs;
  const replace = (old: TensorInfo, next: TensorInfo) => {
    release(backend, old);
    return next;
  };
  let out = runKernel(backend, "BatchMatMul", { a, b }, { transposeA, transposeB });
  if (bias) out = replace(out, runKernel(backend, "Add", { a: out, b: bias }, {}));
  const kernel = ACTIVATION_KERNELS[activation];
  if (kernel === undefined) return out;
  return replace(out, runKernel(backend, kernel, { x: out, alpha: preluActivationWeights }, { alpha: leakyreluAlpha }));
}

interface Product {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly sizes: ReturnType<typeof productSizes>;
}

function productSizes(a: TensorInfo, b: TensorInfo, transposeA: boolean, transposeB: boolean) {
  const [aRows, aColumns] = a.shape.slice(-2) as [number, number];
  const [bRows, bColumns] = b.shape.slice(-2) as [number, number];
  return {
    batchA: util.sizeFromShape(a.shape.slice(0, -2)),
    batchB: util.sizeFromShape(b.shape.slice(0, -2)),
    rows: transposeA ? aColumns : aRows,
    inner: transposeA ? aRows : aColumns,
    innerB: transposeB ? bColumns : bRows,
    columns: transposeB ? bRows : bColumns,
  };
}

/** A sum over nothing; the stock kernel leaves the memory as it found it. */
function zeroProduct(backend: BackendWasm, a: TensorInfo, b: TensorInfo, { rows, columns }: Product["sizes"]): TensorInfo {
  const batchShape = broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const out = allocate(backend, [...batchShape, rows, columns]);
  floats(backend, out).fill(0);
  return out;
}

function sameBatch(a: TensorInfo, b: TensorInfo): boolean {
  return a.shape.slice(0, -2).join() === b.shape.slice(0, -2).join();
}

function multiply(
  backend: BackendWasm,
  stock: KernelFunction<BackendWasm>,
  { a, b, transposeA, transposeB, sizes }: Product,
): TensorInfo {
  const { rows, inner, columns, batchA, batchB } = sizes;
  if (transposeB && batchA === 1 && batchB === 1 && rows * FEW_ROWS <= columns)
    return multiplyTurned(backend, stock, { a, b, transposeA, transposeB, sizes });
  const batchShape = broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const left = transposeA ? transposeLastTwo(backend, a) : a;
  const right = transposeB ? transposedOnce(backend, b) : b;
  const plain = (x: TensorInfo, y: TensorInfo) =>
    stock({ backend, inputs: { a: x, b: y }, attrs: { transposeA: false, transposeB: false } });

  let out: TensorInfo;
  if (batchB === 1) {
    // One right-hand matrix for the whole batch: the rows of all left-hand ones form a single tall matrix.
    out = plain(withShape(left, [1, batchA * rows, inner]), withShape(right, [1, inner, columns]));
  } else {
    const batch = util.sizeFromShape(batchShape);
    out = allocate(backend, [batch, rows, columns]);
    const indexA = broadcastIndex(a.shape.slice(0, -2), batchShape);
    const indexB = broadcastIndex(b.shape.slice(0, -2), batchShape);
    for (let i = 0; i < batch; i++) {
      const x = makeWindow(backend, left, indexA(i) * rows * inner, [1, rows, inner]);
      const y = makeWindow(backend, right, indexB(i) * inner * columns, [1, inner, columns]);
      const product = plain(x, y);
      copyInto(backend, product, out, i * rows * columns);
      release(backend, product);
      releaseWindow(backend, x);
      releaseWindow(backend, y);
    }
  }
  if (transposeA) release(backend, left);
  out.shape = [...batchShape, rows, columns];
  return out;
}

/** (A·Bᵀ) as (B·Aᵀ)ᵀ: the large matrix is neither transposed nor packed, only the small ones are. */
function multiplyTurned(
  backend: BackendWasm,
  stock: KernelFunction<BackendWasm>,
  { a, b, transposeA, sizes }: Product,
): TensorInfo {
  const { rows, inner, columns } = sizes;
  const turnedA = transposeA ? withShape(a, [inner, rows]) : transposeLastTwo(backend, withShape(a, [rows, inner]));
  const inputs = { a: withShape(b, [1, columns, inner]), b: withShape(turnedA, [1, inner, rows]) };
  const turned = stock({ backend, inputs, attrs: { transposeA: false, transposeB: false } });
  const out = transposeLastTwo(backend, withShape(turned, [columns, rows]));
  release(backend, turned);
  if (!transposeA) release(backend, turnedA);
  out.shape = [...broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2)), rows, columns];
  return out;
}

function copyInto(backend: BackendWasm, from: TensorInfo, to: TensorInfo, start: number): void {
  const source = addressOf(backend, from);
  const target = addressOf(backend, to) + 4 * start;
  heapBytes(backend).copyWithin(target, source, source + 4 * util.sizeFromShape(from.shape));
}

/** Which matrix of an operand goes with matrix `i` of the broadcast batch. */
function broadcastIndex(own: readonly number[], batch: readonly number[]): (i: number) => number {
  const lead = batch.length - own.length;
  const strides = batch.map((_, axis) =>
    axis < lead || own[axis - lead] === 1 ? 0 : util.sizeFromShape(own.slice(axis - lead + 1)),
  );
  return (i) => {
    let index = 0;
    for (let axis = batch.length - 1, rest = i; axis >= 0; axis--) {
      index += (rest % batch[axis]!) * strides[axis]!;
      rest = Math.floor(rest / batch[axis]!);
    }
    return index;
  };
}

function transposeLastTwo(backend: BackendWasm, x: TensorInfo): TensorInfo {
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  const batch = util.sizeFromShape(x.shape.slice(0, -2));
  const matrices = withShape(x, batch === 1 ? [rows, columns] : [batch, rows, columns]);
  const transposed = runKernel(backend, "Transpose", { x: matrices }, { perm: batch === 1 ? [1, 0] : [0, 2, 1] });
  transposed.shape = [...x.shape.slice(0, -2), columns, rows];
  return transposed;
}

/** The right-hand operand is nearly always a weight matrix: its transpose is kept while the matrix lives. */
function transposedOnce(backend: BackendWasm, x: TensorInfo): TensorInfo {
  return prepared(backend, x, `transpose ${x.shape.join()}`, () => transposeLastTwo(backend, x));
}
