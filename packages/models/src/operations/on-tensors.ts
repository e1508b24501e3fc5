import {
  add,
  avgPool,
  clipByValue,
  concat,
  div,
  elu,
  image,
  leakyRelu,
  maxPool,
  mean,
  mul,
  pad,
  relu,
  sqrt,
  square,
  sum,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
  tanh,
} from "@tensorflow/tfjs-core";
import type { Convolution } from "./convolution.js";
import type { DepthwiseConvolution } from "./depthwise-convolution.js";
import type { Linear } from "./linear.js";
import type { Activation, Operations } from "./operations.js";
import { type ResizeMethod, resizeImages } from "./resize-images.js";

/** Keeps the length of a row of zeros from having an infinite slope. */
const LEAST_SQUARE = 1e-24;

/** Networks on the current tfjs backend, differentiable with respect to what they are given. */
export class OnTensors implements Operations<Tensor> {
  convolution(x: Tensor, layer: Convolution): Tensor {
    return layer.apply(x as Tensor4D);
  }

  depthwise(x: Tensor, layer: DepthwiseConvolution): Tensor {
    return layer.apply(x as Tensor4D);
  }

  linear(x: Tensor, layer: Linear): Tensor {
    return layer.apply(x as Tensor2D);
  }

  relu(x: Tensor): Tensor {
    return relu(x);
  }

  activation(x: Tensor, kind: Activation): Tensor {
    if (kind === "leakyRelu") return leakyRelu(x, 0.01);
    return { relu, elu, tanh }[kind](x);
  }

  clamp(x: Tensor, low: number, high: number): Tensor {
    return clipByValue(x, low, high);
  }

  maxPool(x: Tensor, size: number, stride: number, padding: number | "end" = 0): Tensor {
    return maxPool(x as Tensor4D, size, stride, padding === 0 ? "valid" : padding === "end" ? "same" : padding);
  }

  averagePool(x: Tensor, size: number): Tensor {
    return avgPool(x as Tensor4D, size, size, "valid");
  }

  padEnd(x: Tensor, places: number, channels: number): Tensor {
    if (places === 0 && channels === 0) return x;
    const after = [0, places, places, channels];
    return pad(
      x,
      after.map((count): [number, number] => [0, count]),
    );
  }

  globalMean(x: Tensor): Tensor {
    return mean(x, [1, 2]);
  }

  concat(parts: readonly Tensor[]): Tensor {
    return concat([...parts], 3);
  }

  addScaled(x: Tensor, y: Tensor, factor: number): Tensor {
    return add(x, factor === 1 ? y : mul(y, factor));
  }

  scaleChannels(x: Tensor, scale: readonly number[], shift: readonly number[]): Tensor {
    return add(mul(x, [...scale]), [...shift]);
  }

  resize(x: Tensor, side: number, method: ResizeMethod = "bilinear"): Tensor {
    return resizeImages(x as Tensor4D, side, method);
  }

  resizeFromCorners(x: Tensor, side: number): Tensor {
    if (x.shape[1] === side && x.shape[2] === side) return x;
    return image.resizeBilinear(x as Tensor4D, [side, side], false, false);
  }

  unitRows(x: Tensor): Tensor {
    return div(x, sqrt(add(sum(square(x), 1, true), LEAST_SQUARE)));
  }
}
