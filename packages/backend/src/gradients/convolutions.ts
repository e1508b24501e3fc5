import {
  conv2d,
  depthwiseConv2d,
  engine,
  type GradConfig,
  type NamedAttrMap,
  type Tensor,
  type Tensor4D,
} from "@tensorflow/tfjs-core";

/**
 * The filter gradient of a convolution is bilinear in the image and in the output gradient, so its own gradients are again convolutions.
 * An R1 penalty (the squared gradient of a discriminator with respect to its image, trained through) needs them.
 */
const conv2dFilterGradient: GradConfig = {
  kernelName: "Conv2DBackpropFilter",
  inputsToSave: ["x", "dy"],
  gradFunc: (ddFilter, saved, attrs) => {
    const [x, dy] = saved as [Tensor4D, Tensor4D];
    const { strides, pad, dataFormat, dimRoundingMode } = attrs as unknown as ConvolutionAttributes;
    return {
      x: () =>
        run(
          "Conv2DBackpropInput",
          { dy, filter: ddFilter as Tensor },
          { strides, pad, dataFormat, dimRoundingMode, inputShape: x.shape },
        ),
      dy: () => conv2d(x, ddFilter as Tensor4D, strides, pad as "same", dataFormat, 1, dimRoundingMode),
    };
  },
};

const depthwiseInputGradient: GradConfig = {
  kernelName: "DepthwiseConv2dNativeBackpropInput",
  inputsToSave: ["dy", "filter"],
  gradFunc: (ddInput, saved, attrs) => {
    const [dy, filter] = saved as [Tensor4D, Tensor4D];
    const { convolve, filterGradient } = depthwise(attrs);
    return {
      dy: () => convolve(ddInput as Tensor4D, filter),
      filter: () => filterGradient(ddInput as Tensor4D, dy, filter.shape),
    };
  },
};

const depthwiseFilterGradient: GradConfig = {
  kernelName: "DepthwiseConv2dNativeBackpropFilter",
  inputsToSave: ["x", "dy"],
  gradFunc: (ddFilter, saved, attrs) => {
    const [x, dy] = saved as [Tensor4D, Tensor4D];
    const { convolve, imageGradient } = depthwise(attrs);
    return {
      x: () => imageGradient(dy, ddFilter as Tensor4D, x.shape),
      dy: () => convolve(x, ddFilter as Tensor4D),
    };
  },
};

/** The three kernels of one depthwise convolution: the gradients of each are the other two. */
function depthwise(attrs: unknown) {
  const { strides, pad, dilations, dimRoundingMode } = attrs as ConvolutionAttributes;
  const options = { strides, pad, dilations, dimRoundingMode };
  return {
    convolve: (x: Tensor4D, filter: Tensor4D) =>
      depthwiseConv2d(x, filter, strides, pad as "same", "NHWC", dilations, dimRoundingMode),
    imageGradient: (dy: Tensor4D, filter: Tensor4D, inputShape: readonly number[]) =>
      run("DepthwiseConv2dNativeBackpropInput", { dy, filter }, { ...options, inputShape }),
    filterGradient: (x: Tensor4D, dy: Tensor4D, filterShape: readonly number[]) =>
      run("DepthwiseConv2dNativeBackpropFilter", { x, dy }, { ...options, filterShape }),
  };
}

export const convolutionGradients: readonly GradConfig[] = [
  conv2dFilterGradient,
  depthwiseInputGradient,
  depthwiseFilterGradient,
];

interface ConvolutionAttributes {
  readonly strides: number | [number, number];
  readonly pad: unknown;
  readonly dilations: number | [number, number];
  readonly dataFormat?: "NHWC" | "NCHW";
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

/** A kernel without a public op of its own, through the engine: recorded for gradients, memory tracked. */
function run(kernelName: string, inputs: { [name: string]: Tensor }, attrs: object): Tensor {
  return engine().runKernel(kernelName, inputs, attrs as NamedAttrMap) as Tensor;
}
