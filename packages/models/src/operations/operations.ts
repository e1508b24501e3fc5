import type { Convolution } from "./convolution.js";
import type { DepthwiseConvolution } from "./depthwise-convolution.js";
import type { Linear } from "./linear.js";
import type { ResizeMethod } from "./resize-images.js";

/** What stands between linear layers, with PyTorch's default slopes: 0.01 of leaky ReLU, 1 of ELU. */
export const ACTIVATIONS = ["relu", "leakyRelu", "elu", "tanh"] as const;
export type Activation = (typeof ACTIVATIONS)[number];

/**
 * What convolutional networks are made of. A network is written once, as a function of these, and so computes on tfjs (`X` a tensor, channels last) and
 * writes itself as a graph (`X` the name of a value, channels first).
 */
export interface Operations<X> {
  convolution(x: X, layer: Convolution): X;
  depthwise(x: X, layer: DepthwiseConvolution): X;
  /** On rows of features, [n, inputs] → [n, outputs]. */
  linear(x: X, layer: Linear): X;
  relu(x: X): X;
  activation(x: X, kind: Activation): X;
  clamp(x: X, low: number, high: number): X;
  /**
   * With `padding` places on each side that never are the largest (default none), or one at each end ("end"); what doesn't fill a window is left out.
   */
  maxPool(x: X, size: number, stride: number, padding?: number | "end"): X;
  /** Means of windows that lie side by side; what doesn't fill one is left out. */
  averagePool(x: X, size: number): X;
  /** Zeros below and at the right, and channels of zeros behind. */
  padEnd(x: X, places: number, channels: number): X;
  /** Means over all places, [n, channels]. */
  globalMean(x: X): X;
  /** Channels of several values of one size, side by side. */
  concat(parts: readonly X[]): X;
  /** x + factor · y */
  addScaled(x: X, y: X, factor: number): X;
  /** x · scale + shift for each channel. */
  scaleChannels(x: X, scale: readonly number[], shift: readonly number[]): X;
  /** Images of another size, as PyTorch's `interpolate` makes them (default bilinear, pixels' centres at halves). */
  resize(x: X, side: number, method?: ResizeMethod): X;
  /** Bilinear with pixels' places at their corners, as in TensorFlow 1. */
  resizeFromCorners(x: X, side: number): X;
  /** Rows of length 1. */
  unitRows(x: X): X;
}
