import { checkTensorData } from "./check-tensor-data.js";
import type { TensorData } from "./dtypes.js";

/**
 * Elements as float32, whatever their type; the same array when it is one already.
 *
 * @throws CheckpointError for anything but a tensor
 */
export function toFloat32(tensor: TensorData): Float32Array<ArrayBuffer> {
  checkTensorData("toFloat32", "the tensor", tensor);
  const { data } = tensor;
  if (data instanceof Float32Array) return data;
  return Float32Array.from(data as ArrayLike<number | bigint>, Number);
}
