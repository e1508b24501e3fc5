import { add, clipByValue, leakyRelu, mul, reshape, type Tensor1D, type Tensor2D, type Tensor4D } from "@tensorflow/tfjs-core";
import { hasChannelKernels, runChannelKernel } from "./channel-gradients.js";
import { KERNELS, SLOPE } from "./channel-kernels.js";

/** What happens to a convolution's output: demodulation, noise, bias, leaky ReLU and, in NVlabs' networks, a clamp. */
export interface StyledActivation {
  /** [n, c] */
  readonly demodulation: Tensor2D;
  /** [1 or n, h, w, 1] */
  readonly noise?: Tensor4D | undefined;
  /** [c] */
  readonly bias: Tensor1D;
  /** Largest absolute value; null: any. */
  readonly clamp: number | null;
}

/** clamp(leakyRelu(y · demodulation + noise + bias)): one pass over the image on wasm, the same from tfjs's operations elsewhere. */
export function styledActivation(y: Tensor4D, { demodulation, noise, bias, clamp }: StyledActivation): Tensor4D {
  if (hasChannelKernels()) {
    const inputs = { y, demodulation, bias, ...(noise ? { noise } : {}) };
    return runChannelKernel(KERNELS.activate, inputs, { clamp, sharedNoise: noise?.shape[0] === 1 }) as Tensor4D;
  }
  const [n, c] = demodulation.shape;
  const scaled = add(mul(y, reshape(demodulation, [n, 1, 1, c])), bias);
  const activated = leakyRelu(noise ? add(scaled, noise) : scaled, SLOPE) as Tensor4D;
  return clamp === null ? activated : clipByValue(activated, -clamp, clamp);
}

/** x [n, h, w, c] · scale [n, c]: every channel of every image times a number of its own. */
export function scaleChannels(x: Tensor4D, scale: Tensor2D): Tensor4D {
  if (hasChannelKernels()) return runChannelKernel(KERNELS.scale, { x, scale }) as Tensor4D;
  const [n, c] = scale.shape;
  return mul(x, reshape(scale, [n, 1, 1, c]));
}
