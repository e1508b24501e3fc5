import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { backend_util, type TensorInfo } from "@tensorflow/tfjs-core";
import type { KernelOverride } from "../kernels/override.js";
import { convolutionSizes, type PoolingAttributes, poolSizes, type Rounding, refuseRoundingUp } from "../kernels/rounding.js";
import { fallingBack } from "./fall-back.js";

interface ConvolutionAttributes {
  readonly strides: number | [number, number];
  readonly dilations: number | [number, number];
  readonly pad: "same" | "valid" | number | backend_util.ExplicitPadding;
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
  readonly dataFormat?: "NHWC" | "NCHW";
}

/**
 * Two traps of the stock forward convolutions on wasm. With "same" padding, a stride so large that pixels are left over at the end makes XNNPACK's
 * own padding negative, and the output zeros: the padding is handed over in numbers then. With a size that is rounded up they write outside
 * their memory: refused.
 */
function withCheckedPadding(kernelName: string, depthwise: boolean): KernelOverride<BackendWasm> {
  return fallingBack(kernelName, (stock) => (args) => {
    const { strides, dilations, pad, dimRoundingMode, dataFormat } = args.attrs as unknown as ConvolutionAttributes;
    const shapes = [args.inputs.x!.shape, args.inputs.filter!.shape] as const;
    refuseRoundingUp(kernelName, dimRoundingMode, convolutionSizes(...shapes, { strides, dilations, pad, dataFormat }));
    if (pad !== "same" || dataFormat === "NCHW") return stock(args);
    const { x, filter } = args.inputs as { x: TensorInfo; filter: TensorInfo };
    const shape = x.shape as [number, number, number, number];
    const filterShape = filter.shape as [number, number, number, number];
    const info = backend_util.computeConv2DInfo(shape, filterShape, strides, dilations ?? 1, pad, undefined, depthwise);
    const leftOver = (inputs: number, outputs: number, stride: number, kernel: number) =>
      (outputs - 1) * stride + kernel < inputs;
    const fits =
      !leftOver(info.inHeight, info.outHeight, info.strideHeight, info.effectiveFilterHeight) &&
      !leftOver(info.inWidth, info.outWidth, info.strideWidth, info.effectiveFilterWidth);
    if (fits) return stock(args);
    const { top, bottom, left, right } = info.padInfo;
    const explicit = [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ];
    return stock({ ...args, attrs: { ...args.attrs, pad: explicit } as never });
  });
}

export const forwardConvolutions: readonly KernelOverride<BackendWasm>[] = [
  withCheckedPadding("Conv2D", false),
  withCheckedPadding("FusedConv2D", false),
  withCheckedPadding("DepthwiseConv2dNative", true),
  withCheckedPadding("FusedDepthwiseConv2D", true),
];

/** Pooling on wasm, which gets sizes wrong that were rounded up: refused. */
export const poolsWithCheckedSizes: readonly KernelOverride<BackendWasm>[] = ["MaxPool", "AvgPool", "AvgPool3D"].map(
  (kernelName) =>
    fallingBack(kernelName, (stock) => (args) => {
      const { filterSize, strides, pad, dimRoundingMode } = args.attrs as unknown as PoolingAttributes & {
        dimRoundingMode?: Rounding;
      };
      const { shape } = args.inputs.x as TensorInfo;
      refuseRoundingUp(kernelName, dimRoundingMode, poolSizes(shape, { filterSize, strides, pad }));
      return stock(args);
    }),
);
