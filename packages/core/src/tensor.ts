import type { engine, Rank, ShapeMap, Tensor } from "@tensorflow/tfjs-core";
import { CoreError } from "./errors.js";

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
  return tfjs.makeTensor(values, [...shape], "float32") as Tensor<R>;
}
