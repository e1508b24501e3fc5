import {
  type GradConfig,
  getBackend,
  image,
  matMul,
  reshape,
  type Tensor,
  type Tensor4D,
  tensor3d,
  zerosLike,
} from "@tensorflow/tfjs-core";
import { isOurs } from "../kernels/override.js";
import { linearSamples, nearestSamples, type ResizeAttributes } from "../kernels/resize-gradients.js";
import { runKernel } from "./run-kernel.js";

/** What each output of an axis reads: [outputs, inputs], rows that sum to 1. */
type Reading = (inputs: number, outputs: number, attrs: ResizeAttributes) => number[][];

const linear: Reading = (inputs, outputs, attrs) =>
  linearSamples(inputs, outputs, attrs).map(({ low, high, share }) => {
    const row = new Array<number>(inputs).fill(0);
    row[low]! += 1 - share;
    row[high]! += share;
    return row;
  });

const nearest: Reading = (inputs, outputs, attrs) =>
  nearestSamples(inputs, outputs, attrs).map((place) => Array.from({ length: inputs }, (_, i) => (i === place ? 1 : 0)));

/**
 * The gradient of a resize. tfjs's own kernels for it ignore half-pixel centres, and mix up sizes and images on cpu, so they are only used where ours
 * stand in their place (`useBackend` puts them there). Elsewhere it is two matrix products, one an axis, which every backend has.
 */
function resizeGradient(kernelName: string, reading: Reading): GradConfig {
  return {
    kernelName,
    inputsToSave: ["images"],
    gradFunc: (dyAny, saved, attrsAny) => {
      const dy = dyAny as Tensor4D;
      const images = saved[0] as Tensor4D;
      const attrs = attrsAny as unknown as ResizeAttributes;
      return {
        images: () => {
          if (isOurs(`${kernelName}Grad`, getBackend())) return runKernel(`${kernelName}Grad`, { dy, images }, attrs);
          const [n, height, width, channels] = images.shape;
          const [, outHeight, outWidth] = dy.shape;
          const rows = tensor3d([reading(height, outHeight, attrs)]);
          const columns = tensor3d([reading(width, outWidth, attrs)]);
          const shorter = matMul(rows, reshape(dy, [n, outHeight, outWidth * channels]), true);
          const narrower = matMul(columns, reshape(shorter, [n * height, outWidth, channels]), true);
          return reshape(narrower, images.shape);
        },
      };
    },
  };
}

/** Resizing is linear: the gradient of its gradient is the forward pass. */
function secondGradient(kernelName: string, resize: typeof image.resizeBilinear): GradConfig {
  return {
    kernelName,
    inputsToSave: ["dy", "images"],
    gradFunc: (ddImages, saved, attrs) => {
      const [dy, images] = saved as [Tensor4D, Tensor4D];
      const { alignCorners, halfPixelCenters } = attrs as unknown as ResizeAttributes;
      return {
        dy: () => resize(ddImages as Tensor4D, [dy.shape[1], dy.shape[2]], alignCorners, halfPixelCenters) as Tensor,
        images: () => zerosLike(images),
      };
    },
  };
}

export const resizingGradients: readonly GradConfig[] = [
  resizeGradient("ResizeBilinear", linear),
  resizeGradient("ResizeNearestNeighbor", nearest),
  secondGradient("ResizeBilinearGrad", image.resizeBilinear),
  secondGradient("ResizeNearestNeighborGrad", image.resizeNearestNeighbor as typeof image.resizeBilinear),
];
