import type { engine, Rank, ShapeMap, Tensor } from "@tensorflow/tfjs-core";

import { CoreError, describeValue, type LatentflowError } from "./errors.js";

/** For packages that take tensors and have no tfjs of their own. */
export type { Tensor };

/** Whether a value is a tfjs tensor, told by the marks that tfjs's own `instanceof` looks for: the question loads no tfjs. */
export function isTensor(value: unknown): value is Tensor {
  const { dataId, shape, dtype } = (value ?? {}) as Partial<Tensor>;
  return dataId != null && shape != null && dtype != null;
}

/**
 * A float32 tensor on the caller's tfjs. tfjs keeps its one engine on the global object; taken from there, it costs nothing to programs that
 * never make a tensor.
 */
export function float32Tensor<R extends Rank>(caller: string, values: Float32Array, shape: ShapeMap[R]): Tensor<R> {
  const tfjs = (globalThis as { _tfengine?: ReturnType<typeof engine> })._tfengine;
  if (tfjs === undefined)
    throw new CoreError(
      `${caller}: expected tfjs to be loaded, got no engine; import "@tensorflow/tfjs-core" and a backend first.`,
    );
  checkBackend(caller);
  return tfjs.makeTensor(values, [...shape], "float32") as Tensor<R>;
}

/** Throws unless tfjs has a backend to make tensors with. */
export function checkBackend(caller: string, ErrorType: new (message: string) => LatentflowError = CoreError): void {
  const tfjs = (globalThis as { _tfengine?: ReturnType<typeof engine> })._tfengine;
  try {
    if (tfjs?.backend) return;
  } catch {
    // tfjs says in its own words that there is none, or that it is still starting.
  }
  throw new ErrorType(
    `${caller}: expected a tfjs backend that has started, got none; call await useBackend() of @latentflow/backend, or await tf.setBackend("…"), first.`,
  );
}

/** The largest index of a 32-bit array: no tensor of ours is larger. */
export const MOST_ELEMENTS = 2 ** 31 - 1;

/** Number of elements of a shape; throws unless it is one. */
export function sizeOf(caller: string, shape: unknown): number {
  const isShape = Array.isArray(shape) && shape.every((length) => Number.isSafeInteger(length) && length >= 0);
  if (!isShape) {
    const got = Array.isArray(shape) ? `[${shape.map(describeValue).join(", ")}]` : describeValue(shape);
    throw new CoreError(`${caller}: expected a shape, an array of integers ≥ 0 such as [2, 3], got ${got}.`);
  }
  const size = shape.reduce((product: number, length: number) => product * length, 1);
  if (size <= MOST_ELEMENTS) return size;
  throw new CoreError(`${caller}: expected a shape of at most ${MOST_ELEMENTS} elements, got [${shape.join(", ")}].`);
}
