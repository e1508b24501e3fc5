import {
  add,
  concat,
  div,
  image,
  maxPool,
  mean,
  mul,
  relu,
  sqrt,
  square,
  sum,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
} from "@tensorflow/tfjs-core";
import type { Convolution } from "./convolution.js";
import type { Linear } from "./linear.js";
import type { Operations } from "./operations.js";

/** Keeps the length of a row of zeros from having an infinite slope. */
const LEAST_SQUARE = 1e-24;

/** Networks on the current tfjs backend, differentiable with respect to what they are given. */
export class OnTensors implements Operations<Tensor> {
  convolution(x: Tensor, layer: Convolution): Tensor {
    return layer.apply(x as Tensor4D);
  }

  linear(x: Tensor, layer: Linear): Tensor {
    return layer.apply(x as Tensor2D);
  }

  relu(x: Tensor): Tensor {
    return relu(x);
  }

  maxPool(x: Tensor, size: number, stride: number): Tensor {
    return maxPool(x as Tensor4D, size, stride, "valid");
  }

  globalMean(x: Tensor): Tensor {
    return mean(x, [1, 2]);
  }

  concat(parts: readonly Tensor[]): Tensor {
    return concat([...parts], 3);
  }

  addScaled(x: Tensor, y: Tensor, factor: number): Tensor {
    return add(x, mul(y, factor));
  }

  scaleChannels(x: Tensor, scale: readonly number[], shift: readonly number[]): Tensor {
    return add(mul(x, [...scale]), [...shift]);
  }

  resize(x: Tensor, side: number): Tensor {
    if (x.shape[1] === side && x.shape[2] === side) return x;
    return image.resizeBilinear(x as Tensor4D, [side, side], false, true);
  }

  unitRows(x: Tensor): Tensor {
    return div(x, sqrt(add(sum(square(x), 1, true), LEAST_SQUARE)));
  }
}
