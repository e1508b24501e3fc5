import type { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
import { broadcast_util, type TensorInfo, type TypedArray, util } from "@tensorflow/tfjs-core";
import { BackendError } from "../errors.js";
import type { KernelOverride } from "../kernels/override.js";

/**
 * Products of batches of which an operand's is repeated along an axis behind one that is not: the stock cpu kernels count matrices modulo the
 * operand's own, which repeats its whole batch only.
 */
function repeatingBatches(kernelName: string): KernelOverride<MathBackendCPU> {
  return {
    kernelName,
    make(stock) {
      if (stock === undefined) {
        throw new BackendError(`${kernelName}: expected tfjs-backend-cpu to be imported before its kernels are replaced.`);
      }
      return (args) => {
        const { backend, inputs } = args;
        const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
        const batch = broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
        const copies = [a, b].map((operand) =>
          isCycle(operand.shape.slice(0, -2), batch) ? undefined : repeat(backend, operand, batch),
        );
        const out = stock({ ...args, inputs: { ...inputs, a: copies[0] ?? a, b: copies[1] ?? b } });
        for (const copy of copies) if (copy !== undefined) backend.disposeIntermediateTensorInfo(copy);
        return out;
      };
    },
  };
}

/** Whether a batch becomes another by repetition of the whole of it. */
function isCycle(own: readonly number[], batch: readonly number[]): boolean {
  const first = own.findIndex((length) => length !== 1);
  return first < 0 || own.slice(first).every((length, i) => length === batch[batch.length - own.length + first + i]);
}

/** An operand with a matrix for each of a batch. */
function repeat(backend: MathBackendCPU, { dataId, shape, dtype }: TensorInfo, batch: readonly number[]): TensorInfo {
  const own = [...new Array<number>(batch.length + 2 - shape.length).fill(1), ...shape.slice(0, -2)];
  const size = util.sizeFromShape(shape.slice(-2));
  const from = backend.data.get(dataId).values as TypedArray;
  const to = util.getArrayFromDType(dtype as "float32", util.sizeFromShape([...batch]) * size) as TypedArray;
  const strides = util.computeStrides([...batch]).concat(1);
  for (let matrix = 0; matrix * size < to.length; matrix++) {
    const source = own.reduce((flat, length, axis) => {
      const index = Math.floor(matrix / strides[axis]!) % batch[axis]!;
      return flat * length + (length === 1 ? 0 : index);
    }, 0);
    to.set(from.subarray(source * size, (source + 1) * size), matrix * size);
  }
  return backend.makeTensorInfo([...batch, ...shape.slice(-2)], dtype, to);
}

export const matrixProducts = ["BatchMatMul", "_FusedMatMul"].map(repeatingBatches);
