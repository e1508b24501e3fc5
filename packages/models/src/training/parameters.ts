import type { TensorData } from "@latentflow/checkpoints";
import type { SeededRandom } from "@latentflow/core";
import { type Tensor, tensor } from "@tensorflow/tfjs-core";

/** Names and numbers as PyTorch's state dict has them: convolutions [outputs, inputs, height, width], linear layers [outputs, inputs]. */
export type StateDict = Map<string, { readonly shape: readonly number[]; readonly data: Float32Array }>;

/** Uniform within ±1/√(inputs of a unit), as PyTorch starts convolutions and linear layers, their biases, too. */
export function addLayer(state: StateDict, random: SeededRandom, name: string, shape: readonly number[], bias = true): void {
  const fanIn = shape.slice(1).reduce((product, length) => product * length, 1);
  const limit = 1 / Math.sqrt(fanIn);
  const numbers = (count: number) => Float32Array.from({ length: count }, () => random.uniform(-limit, limit));
  state.set(`${name}.weight`, { shape, data: numbers(shape[0]! * fanIn) });
  if (bias) state.set(`${name}.bias`, { shape: [shape[0]!], data: numbers(shape[0]!) });
}

/** A parameter as tfjs computes with it: filters [height, width, inputs, outputs], matrices [inputs, outputs]. The caller disposes it. */
export function toVariable({ shape, data }: { readonly shape: readonly number[]; readonly data: Float32Array }): Tensor {
  const [outputs = 1, inputs = 1, height = 1, width = 1] = shape;
  if (shape.length < 2) return tensor(data.slice(), [...shape]);
  const values = moved(data, [outputs, inputs, height * width]);
  return tensor(values, shape.length === 4 ? [height, width, inputs, outputs] : [inputs, outputs]);
}

/** The same numbers in PyTorch's order. */
export function toStored(data: Float32Array, shape: readonly number[]): Float32Array {
  if (shape.length < 2) return data.slice();
  const [outputs = 1, inputs = 1, height = 1, width = 1] = shape;
  return moved(data, [height * width, inputs, outputs]);
}

export function asTensorData(state: StateDict): Map<string, TensorData> {
  return new Map(
    [...state].map(([name, { shape, data }]) => [
      name,
      { dtype: "float32", shape: [...shape], data: data.slice() } as TensorData,
    ]),
  );
}

/** The transpose of three axes to their reverse. */
function moved(data: Float32Array, [a, b, c]: readonly [number, number, number]): Float32Array {
  const out = new Float32Array(data.length);
  for (let i = 0; i < a; i++)
    for (let j = 0; j < b; j++) for (let k = 0; k < c; k++) out[(k * b + j) * a + i] = data[(i * b + j) * c + k]!;
  return out;
}
