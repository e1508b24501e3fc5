import {
  avgPool,
  avgPool3d,
  backend_util,
  div,
  type GradConfig,
  getGradient,
  mul,
  reshape,
  type Tensor,
  type Tensor4D,
  type Tensor5D,
  tensor1d,
  zerosLike,
} from "@tensorflow/tfjs-core";
import { poolSizes, type Rounding, refuseRoundingUp } from "../kernels/rounding.js";
import { runKernel } from "./run-kernel.js";

interface PoolingAttributes {
  readonly filterSize: number | [number, number];
  readonly strides: number | [number, number];
  readonly pad: "same" | "valid" | number;
  readonly dimRoundingMode?: Rounding;
}
type VolumeAttributes = {
  readonly [K in keyof PoolingAttributes]: PoolingAttributes[K] extends number | [number, number]
    ? number | [number, number, number]
    : PoolingAttributes[K];
};

/** Windows along one axis. */
interface Axis {
  readonly outputs: number;
  readonly inputs: number;
  readonly window: number;
  readonly stride: number;
  readonly before: number;
}

function imageAxes(shape: readonly number[], { filterSize, strides, pad }: PoolingAttributes, mode: Rounding): Axis[] {
  const info = backend_util.computePool2DInfo(shape as [number, number, number, number], filterSize, strides, 1, pad, mode);
  return planeAxes(info);
}

/** Height and width of a window, which pooling of images and of volumes name alike. */
function planeAxes(info: backend_util.Conv2DInfo | backend_util.Conv3DInfo): Axis[] {
  return [
    {
      outputs: info.outHeight,
      inputs: info.inHeight,
      window: info.filterHeight,
      stride: info.strideHeight,
      before: info.padInfo.top,
    },
    {
      outputs: info.outWidth,
      inputs: info.inWidth,
      window: info.filterWidth,
      stride: info.strideWidth,
      before: info.padInfo.left,
    },
  ];
}

function volumeAxes(shape: readonly number[], { filterSize, strides, pad }: VolumeAttributes, mode: Rounding): Axis[] {
  const info = backend_util.computePool3DInfo(
    shape as [number, number, number, number, number],
    filterSize,
    strides,
    1,
    pad,
    mode,
  );
  return [
    {
      outputs: info.outDepth,
      inputs: info.inDepth,
      window: info.filterDepth,
      stride: info.strideDepth,
      before: info.padInfo.front,
    },
    ...planeAxes(info),
  ];
}

/**
 * Multiplies a pooled array by window size over the window's pixels inside the image. tfjs's average pooling divides by those pixels forward, but by
 * the whole window backward: this makes up for it.
 */
function scaleByShares(pooled: Tensor, axes: readonly Axis[], scale: typeof mul | typeof div): Tensor {
  return axes.reduce((scaled, { outputs, inputs, window, stride, before }, i) => {
    const shares = Array.from({ length: outputs }, (_, o) => {
      const first = o * stride - before;
      return window / (Math.min(inputs, first + window) - Math.max(0, first));
    });
    if (shares.every((share) => share === 1)) return scaled;
    const shape = pooled.shape.map((length, axis) => (axis === i + 1 ? length : 1));
    return scale(scaled, reshape(tensor1d(shares), shape));
  }, pooled);
}

/** The four kernels of average pooling over images or volumes. */
function averagePooling<A extends PoolingAttributes | VolumeAttributes>(kind: {
  readonly operation: string;
  readonly forward: string;
  readonly backward: string;
  readonly axes: (shape: readonly number[], attrs: A, mode: Rounding) => Axis[];
  readonly pool: (x: Tensor, attrs: A) => Tensor;
}): GradConfig[] {
  return [
    {
      kernelName: kind.forward,
      inputsToSave: ["x"],
      gradFunc: (dy, saved, attrsAny) => {
        const x = saved[0] as Tensor;
        const attrs = attrsAny as unknown as A;
        refuseRoundingUp(kind.operation, attrs.dimRoundingMode, poolSizes(x.shape, attrs));
        const { filterSize, strides, pad } = attrs;
        return {
          x: () => {
            const scaled = scaleByShares(dy as Tensor, kind.axes(x.shape, attrs, "floor"), mul);
            return runKernel(kind.backward, { dy: scaled, input: x }, { filterSize, strides, pad });
          },
        };
      },
    },
    {
      // Average pooling is linear: the gradient of its gradient is the forward pass, less what scaled it.
      kernelName: kind.backward,
      inputsToSave: ["input"],
      gradFunc: (ddInput, saved, attrsAny) => {
        const input = saved[0] as Tensor;
        const attrs = attrsAny as unknown as A;
        return {
          dy: () => scaleByShares(kind.pool(ddInput as Tensor, attrs), kind.axes(input.shape, attrs, "floor"), div),
          input: () => zerosLike(input),
        };
      },
    },
  ];
}

/** tfjs-core's gradient of a maximum over windows, which is right unless the size was rounded up. */
function maximumPooling(operation: string, kernelName: string): GradConfig[] {
  const stock = getGradient(kernelName);
  if (stock === undefined) return [];
  const gradFunc: GradConfig["gradFunc"] = (dy, saved, attrs) => {
    const x = saved[0] as Tensor;
    const own = attrs as unknown as PoolingAttributes;
    refuseRoundingUp(operation, own.dimRoundingMode, poolSizes(x.shape, own));
    return stock.gradFunc(dy, saved, attrs);
  };
  return [{ ...stock, gradFunc }];
}

/** A function, since tfjs-core's own gradients must have been registered before. */
export function poolingGradients(): GradConfig[] {
  return [
    ...averagePooling<PoolingAttributes>({
      operation: "avgPool",
      forward: "AvgPool",
      backward: "AvgPoolGrad",
      axes: imageAxes,
      pool: (x, { filterSize, strides, pad }) => avgPool(x as Tensor4D, filterSize, strides, pad),
    }),
    ...averagePooling<VolumeAttributes>({
      operation: "avgPool3d",
      forward: "AvgPool3D",
      backward: "AvgPool3DGrad",
      axes: volumeAxes,
      pool: (x, { filterSize, strides, pad }) => avgPool3d(x as Tensor5D, filterSize, strides, pad),
    }),
    ...maximumPooling("maxPool", "MaxPool"),
    ...maximumPooling("maxPool3d", "MaxPool3D"),
  ];
}
