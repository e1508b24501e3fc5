import { checkTensor } from "@latentflow/core";
import { type Tensor, type Tensor4D, tensor } from "@tensorflow/tfjs-core";
import { OnnxError } from "./errors.js";
import { type OnnxTensor, sizeOf } from "./graph/model.js";
import { shapeText } from "./shapes/fact.js";

/** Between tfjs tensors and the runtime's. */

/** @throws OnnxError unless it is a tfjs tensor in use */
export function checkInUse(caller: string, what: string, value: unknown): asserts value is Tensor {
  checkTensor(caller, what, value, "a tensor in use", OnnxError);
}

/**
 * A tensor's elements.
 *
 * @throws OnnxError for what is no tensor, or a disposed one
 */
export async function numbersOfTensor(caller: string, what: string, value: unknown): Promise<Float32Array> {
  checkInUse(caller, what, value);
  const data = await value.data();
  return data instanceof Float32Array ? data : Float32Array.from(data);
}

/**
 * An answer of the graph.
 *
 * @throws OnnxError for another shape than expected: behind it are images of another size
 */
export function checkedAnswer(caller: string, what: string, answer: OnnxTensor, dims: readonly number[]): OnnxTensor {
  if (answer.type === "float32" && answer.dims.join() === dims.join() && answer.data.length === sizeOf(dims)) return answer;
  throw new OnnxError(
    `${caller}: expected ${what} ${shapeText(dims)} from the graph, got ${answer.type} ${shapeText(answer.dims)}; do the generator's images have the size that the regressor was trained for?`,
  );
}

export function toTensor<T extends Tensor = Tensor4D>({ dims, data }: OnnxTensor): T {
  return tensor(data as Float32Array, [...dims], "float32") as T;
}
