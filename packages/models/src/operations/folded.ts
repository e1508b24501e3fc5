import { checkTensors, floatsOf, type NamedShapes, type NamedTensors } from "../tensors-by-name.js";
import { Convolution, type ConvolutionWeights } from "./convolution.js";

/** A batch normalisation in evaluation form as a scale and a shift for each channel. */
export function batchNormOf(caller: string, tensors: NamedTensors, name: string, epsilon: number) {
  const [gain, bias, mean, variance] = ["weight", "bias", "running_mean", "running_var"].map((part) =>
    floatsOf(caller, tensors, `${name}.${part}`),
  ) as [Float32Array, Float32Array, Float32Array, Float32Array];
  const scale = gain.map((value, c) => value / Math.sqrt(variance[c]! + epsilon));
  return { scale, shift: bias.map((value, c) => value - mean[c]! * scale[c]!) };
}

/** Rows of a weight [outputs, …], each times its scale. */
export function scaledRows(weight: Float32Array, scale: Float32Array): Float32Array {
  const length = weight.length / scale.length;
  return weight.map((value, i) => value * scale[Math.floor(i / length)]!);
}

/** A convolution without bias and the batch normalisation behind it, as one convolution. */
export function foldedConvolution(
  caller: string,
  tensors: NamedTensors,
  names: { readonly convolution: string; readonly batchNorm: string; readonly epsilon: number },
  geometry: Pick<ConvolutionWeights, "shape" | "stride" | "padding">,
): Convolution {
  const { scale, shift } = batchNormOf(caller, tensors, names.batchNorm, names.epsilon);
  const weight = scaledRows(floatsOf(caller, tensors, `${names.convolution}.weight`), scale);
  return new Convolution({ ...geometry, weight, bias: shift });
}

/** Shapes of a batch normalisation's tensors. */
export function batchNormShapes(name: string, channels: number): [string, readonly number[]][] {
  return ["weight", "bias", "running_mean", "running_var"].map((part) => [`${name}.${part}`, [channels]]);
}

/** Counters of training steps, which files hold beside the weights. */
const isCounter = (name: string) => name.endsWith(".num_batches_tracked");

/** Throws one error that lists what differs from the shapes that a network asks for. */
export function checkNetwork(caller: string, tensors: NamedTensors, shapes: NamedShapes, unused: RegExp): void {
  checkTensors(caller, tensors, shapes, (name) => isCounter(name) || unused.test(name));
}
