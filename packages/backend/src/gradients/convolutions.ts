import {
  conv2d,
  conv3d,
  depthwiseConv2d,
  type GradConfig,
  gather,
  pad as padWithZeros,
  reshape,
  slice,
  type Tensor,
  type Tensor4D,
  type Tensor5D,
  tensor1d,
} from "@tensorflow/tfjs-core";
import { convolutionSizes, type Rounding, refuseRoundingUp } from "../kernels/rounding.js";
import { runKernel } from "./run-kernel.js";

/**
 * Convolutions and their gradients. Each of a convolution's two gradients is bilinear in its operands, so its own gradients are again convolutions: an
 * R1 penalty (the squared gradient of a discriminator with respect to its image, trained through) needs them. A dilated filter is the same filter with
 * zeros between its taps; tfjs-core refuses to differentiate those.
 */
const conv2dGradient: GradConfig = {
  kernelName: "Conv2D",
  inputsToSave: ["x", "filter"],
  gradFunc: (dy, saved, attrs) => {
    const [x, filter] = saved as [Tensor4D, Tensor4D];
    const { strides, pad, dataFormat, dilations, dimRoundingMode } = attrs as unknown as ConvolutionAttributes;
    refuseRoundingUp("conv2d", dimRoundingMode, convolutionSizes(x.shape, filter.shape, { strides, pad, dilations, dataFormat }));
    const dilated = dilateFilter(filter, pair(dilations));
    const options = { strides, pad, dataFormat, dimRoundingMode };
    return {
      x: () =>
        runKernel("Conv2DBackpropInput", { dy: dy as Tensor, filter: dilated.filter() }, { ...options, inputShape: x.shape }),
      filter: () =>
        dilated.taps(runKernel("Conv2DBackpropFilter", { x, dy: dy as Tensor }, { ...options, filterShape: dilated.shape })),
    };
  },
};

const conv2dFilterGradient: GradConfig = {
  kernelName: "Conv2DBackpropFilter",
  inputsToSave: ["x", "dy"],
  gradFunc: (ddFilter, saved, attrs) => {
    const [x, dy] = saved as [Tensor4D, Tensor4D];
    const { strides, pad, dataFormat, dimRoundingMode } = attrs as unknown as ConvolutionAttributes;
    const options = { strides, pad, dataFormat, dimRoundingMode };
    return {
      x: () => runKernel("Conv2DBackpropInput", { dy, filter: ddFilter as Tensor }, { ...options, inputShape: x.shape }),
      dy: () => conv2d(x, ddFilter as Tensor4D, strides, pad as "same", dataFormat, 1, dimRoundingMode),
    };
  },
};

const depthwiseGradient: GradConfig = {
  kernelName: "DepthwiseConv2dNative",
  inputsToSave: ["x", "filter"],
  gradFunc: (dy, saved, attrs) => {
    const [x, filter] = saved as [Tensor4D, Tensor4D];
    const { strides, pad, dilations, dimRoundingMode } = attrs as unknown as ConvolutionAttributes;
    refuseRoundingUp("depthwiseConv2d", dimRoundingMode, convolutionSizes(x.shape, filter.shape, { strides, pad, dilations }));
    const dilated = dilateFilter(filter, pair(dilations));
    const { imageGradient, filterGradient } = depthwise({ strides, pad, dilations: 1, dimRoundingMode });
    return {
      x: () => imageGradient(dy as Tensor4D, dilated.filter() as Tensor4D, x.shape),
      filter: () => dilated.taps(filterGradient(x, dy as Tensor4D, dilated.shape)),
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
      depthwiseConv2d(x, filter, strides as number, pad as "same", "NHWC", dilations as number, dimRoundingMode),
    imageGradient: (dy: Tensor4D, filter: Tensor4D, inputShape: readonly number[]) =>
      runKernel("DepthwiseConv2dNativeBackpropInput", { dy, filter }, { ...options, inputShape }),
    filterGradient: (x: Tensor4D, dy: Tensor4D, filterShape: readonly number[]) =>
      runKernel("DepthwiseConv2dNativeBackpropFilter", { x, dy }, { ...options, filterShape }),
  };
}

const conv3dGradient: GradConfig = {
  kernelName: "Conv3D",
  inputsToSave: ["x", "filter"],
  gradFunc: (dy, saved, attrs) => {
    const [x, filter] = saved as [Tensor5D, Tensor5D];
    const { strides, pad, dilations } = attrs as unknown as VolumeAttributes;
    const dilated = dilateFilter(filter, triple(dilations));
    return {
      x: () =>
        runKernel("Conv3DBackpropInputV2", { dy: dy as Tensor, filter: dilated.filter() }, { strides, pad, inputShape: x.shape }),
      filter: () =>
        dilated.taps(runKernel("Conv3DBackpropFilterV2", { x, dy: dy as Tensor }, { strides, pad, filterShape: dilated.shape })),
    };
  },
};

/** Also the gradient of conv3dTranspose. */
const conv3dInputGradient: GradConfig = {
  kernelName: "Conv3DBackpropInputV2",
  inputsToSave: ["dy", "filter"],
  gradFunc: (ddx, saved, attrs) => {
    const [dy, filter] = saved as [Tensor5D, Tensor5D];
    const { strides, pad } = attrs as unknown as VolumeAttributes;
    return {
      dy: () => conv3d(ddx as Tensor5D, filter, strides, pad),
      filter: () => runKernel("Conv3DBackpropFilterV2", { x: ddx as Tensor, dy }, { strides, pad, filterShape: filter.shape }),
    };
  },
};

const conv3dFilterGradient: GradConfig = {
  kernelName: "Conv3DBackpropFilterV2",
  inputsToSave: ["x", "dy"],
  gradFunc: (ddFilter, saved, attrs) => {
    const [x, dy] = saved as [Tensor5D, Tensor5D];
    const { strides, pad } = attrs as unknown as VolumeAttributes;
    return {
      x: () => runKernel("Conv3DBackpropInputV2", { dy, filter: ddFilter as Tensor }, { strides, pad, inputShape: x.shape }),
      dy: () => conv3d(x, ddFilter as Tensor5D, strides, pad),
    };
  },
};

export const convolutionGradients: readonly GradConfig[] = [
  conv2dGradient,
  conv2dFilterGradient,
  depthwiseGradient,
  depthwiseInputGradient,
  depthwiseFilterGradient,
  conv3dGradient,
  conv3dInputGradient,
  conv3dFilterGradient,
];

interface ConvolutionAttributes {
  readonly strides: number | [number, number];
  readonly pad: unknown;
  readonly dilations: number | readonly number[] | undefined;
  readonly dataFormat?: "NHWC" | "NCHW";
  readonly dimRoundingMode?: Rounding;
}

interface VolumeAttributes {
  readonly strides: number | [number, number, number];
  readonly pad: "same" | "valid";
  readonly dilations?: number | readonly number[];
}

const pair = (dilations: number | readonly number[] | undefined) =>
  typeof dilations === "object" ? dilations : [dilations ?? 1, dilations ?? 1];
const triple = (dilations: number | readonly number[] | undefined) =>
  typeof dilations === "object" ? dilations : [dilations ?? 1, dilations ?? 1, dilations ?? 1];

/** A filter with zeros between its taps (its leading axes are the spatial ones), and the way back. */
function dilateFilter(filter: Tensor, dilations: readonly number[]) {
  const spread = filter.shape.map((length, axis) => (length - 1) * (dilations[axis] ?? 1) + 1);
  const axes = dilations.map((_, axis) => axis).filter((axis) => dilations[axis] !== 1);
  return {
    shape: spread,
    filter: () =>
      axes.reduce((taps, axis) => {
        const [before, after] = [taps.shape.slice(0, axis), taps.shape.slice(axis + 1)];
        const outer = before.reduce((a, b) => a * b, 1);
        const inner = after.reduce((a, b) => a * b, 1);
        const [count, step] = [filter.shape[axis]!, dilations[axis]!];
        const gaps = padWithZeros(reshape(taps, [outer, count, 1, inner]), [
          [0, 0],
          [0, 0],
          [0, step - 1],
          [0, 0],
        ]);
        const long = reshape(gaps, [outer, count * step, inner]);
        return reshape(slice(long, [0, 0, 0], [outer, spread[axis]!, inner]), [...before, spread[axis]!, ...after]);
      }, filter),
    /** The taps of a gradient with respect to the spread filter. */
    taps: (gradient: Tensor) =>
      axes.reduce((all, axis) => {
        const places = Array.from({ length: filter.shape[axis]! }, (_, i) => i * dilations[axis]!);
        return gather(all, tensor1d(places, "int32"), axis);
      }, gradient),
  };
}
