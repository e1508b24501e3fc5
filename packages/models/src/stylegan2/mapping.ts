import { add, leakyRelu, matMul, mean, mul, rsqrt, square, type Tensor2D } from "@tensorflow/tfjs-core";
import { SLOPE } from "../kernels/constants.js";
import type { MappingLayer } from "./layers.js";

/** z [n, zDim], standard normal → w [n, latentDim]: z is normalised, then goes through linear layers with leaky ReLU. */
export function mapLatent(z: Tensor2D, layers: readonly MappingLayer[]): Tensor2D {
  const normalised = mul(z, rsqrt(add(mean(square(z), 1, true), 1e-8))) as Tensor2D;
  return layers.reduce((x, { weight, bias }) => leakyRelu(add(matMul(x, weight), bias), SLOPE) as Tensor2D, normalised);
}
