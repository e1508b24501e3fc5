import type { GradConfig } from "@tensorflow/tfjs-core";
import { BackendError } from "../errors.js";

/** Kernels without a gradient here, and what to write instead. tfjs-core has none either and says so without a word on what to do. */
const REFUSED: Readonly<Record<string, string>> = {
  Einsum: "Write it with matMul, transpose, mul and sum (rgbToGrayscale: mul by the three weights, then sum)",
  CropAndResize: "Use slice and tf.image.resizeBilinear",
  RotateWithOffset: "Rotate before the differentiated function",
  Transform: "Transform before the differentiated function",
  Complex: "Keep real and imaginary part in two tensors",
  Real: "Keep real and imaginary part in two tensors",
  Imag: "Keep real and imaginary part in two tensors",
  FFT: "Write the transform as a product with its matrices of cosines and sines",
  IFFT: "Write the transform as a product with its matrices of cosines and sines",
  Unique: "Find the distinct elements outside, and gather them",
  Bincount: "Write it with unsortedSegmentSum",
  DenseBincount: "Write it with unsortedSegmentSum",
  SparseToDense: "Write it with scatterND",
  LRNGrad: "A second derivative through local response normalisation: write the normalisation with avgPool and pow",
  MaxPool3DGrad: "A second derivative through 3-D max pooling: use average pooling, or strided convolutions",
  Dilation2DBackpropInput: "A second derivative through dilation: use maxPool",
  Dilation2DBackpropFilter: "A second derivative through dilation: use maxPool",
};

export const refusedGradients: readonly GradConfig[] = Object.entries(REFUSED).map(([kernelName, advice]) => ({
  kernelName,
  gradFunc: () => {
    throw new BackendError(`${kernelName}: expected an operation with a gradient, got one without. ${advice}.`);
  },
}));
