import {
  avgPool,
  backend_util,
  div,
  engine,
  type GradConfig,
  image,
  mul,
  type NamedAttrMap,
  type Tensor,
  type Tensor4D,
  tensor4d,
  zerosLike,
} from "@tensorflow/tfjs-core";
import { BackendError } from "../errors.js";

/**
 * Replaces tfjs-core's gradient of average pooling, which is wrong next to padding: forward, a window's sum is divided by the pixels inside the
 * image, backward by the whole window. Scaling the output gradient by the quotient beforehand makes up for it.
 */
const averagePool: GradConfig = {
  kernelName: "AvgPool",
  inputsToSave: ["x"],
  gradFunc: (dy, saved, attrs) => {
    const x = saved[0] as Tensor4D;
    const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as PoolingAttributes;
    if (dimRoundingMode === "ceil") {
      throw new BackendError(
        'avgPool: expected dimRoundingMode "floor" or "round" for a gradient, got "ceil". Pad the input instead.',
      );
    }
    const info = backend_util.computePool2DInfo(x.shape, filterSize, strides, 1, pad, dimRoundingMode);
    return {
      x: () => {
        const share = paddingShare(info);
        const scaled = share === undefined ? (dy as Tensor4D) : mul(dy as Tensor4D, share);
        return engine().runKernel("AvgPoolGrad", { dy: scaled, input: x }, {
          filterSize,
          strides,
          pad,
        } as unknown as NamedAttrMap) as Tensor;
      },
    };
  },
};

type PoolInfo = ReturnType<typeof backend_util.computePool2DInfo>;
interface PoolingAttributes {
  readonly filterSize: number | [number, number];
  readonly strides: number | [number, number];
  readonly pad: "same" | "valid" | number;
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

/** Window size over the pixels of the window that lie inside the image, [1, out height, out width, 1]; undefined when all do. */
function paddingShare(info: PoolInfo): Tensor4D | undefined {
  const { padInfo, filterHeight, filterWidth, outHeight, outWidth, inHeight, inWidth, strideHeight, strideWidth } = info;
  if (padInfo.top === 0 && padInfo.bottom === 0 && padInfo.left === 0 && padInfo.right === 0) return undefined;
  const inside = (output: number, stride: number, before: number, window: number, inputs: number) => {
    const first = output * stride - before;
    return Math.min(inputs, first + window) - Math.max(0, first);
  };
  const shares = new Float32Array(outHeight * outWidth);
  for (let y = 0; y < outHeight; y++) {
    const rows = inside(y, strideHeight, padInfo.top, filterHeight, inHeight);
    for (let x = 0; x < outWidth; x++) {
      shares[y * outWidth + x] =
        (filterHeight * filterWidth) / (rows * inside(x, strideWidth, padInfo.left, filterWidth, inWidth));
    }
  }
  return tensor4d(shares, [1, outHeight, outWidth, 1]);
}

/**
 * Average pooling and resizing are linear: the gradient of their gradient is the forward pass. (The stock AvgPoolGrad divides by the whole
 * window, so the forward pass is undone next to padding, too.)
 */
const averagePoolGradient: GradConfig = {
  kernelName: "AvgPoolGrad",
  inputsToSave: ["input"],
  gradFunc: (ddInput, saved, attrs) => {
    const input = saved[0] as Tensor4D;
    const { filterSize, strides, pad } = attrs as unknown as PoolingAttributes;
    const info = backend_util.computePool2DInfo(input.shape, filterSize, strides, 1, pad);
    return {
      dy: () => {
        const pooled = avgPool(ddInput as Tensor4D, filterSize, strides, pad);
        const share = paddingShare(info);
        return share === undefined ? pooled : div(pooled, share);
      },
      input: () => zerosLike(input),
    };
  },
};

function resizeGradient(kernelName: string, resize: typeof image.resizeBilinear): GradConfig {
  return {
    kernelName,
    inputsToSave: ["dy", "images"],
    gradFunc: (ddImages, saved, attrs) => {
      const [dy, images] = saved as [Tensor4D, Tensor4D];
      const { alignCorners, halfPixelCenters } = attrs as unknown as { alignCorners: boolean; halfPixelCenters: boolean };
      return {
        dy: () => resize(ddImages as Tensor4D, [dy.shape[1], dy.shape[2]], alignCorners, halfPixelCenters),
        images: () => zerosLike(images),
      };
    },
  };
}

export const poolingGradients: readonly GradConfig[] = [
  averagePool,
  averagePoolGradient,
  resizeGradient("ResizeBilinearGrad", image.resizeBilinear),
  resizeGradient("ResizeNearestNeighborGrad", image.resizeNearestNeighbor as typeof image.resizeBilinear),
];
