import { backend, getKernel, type NamedAttrMap, registerKernel, type TensorInfo } from "@tensorflow/tfjs-core";
import { type SimdKernels, simdKernels } from "../simd/simd-kernels.js";
import { addressOf, FLOAT, type WasmBackend } from "../wasm-memory.js";

/**
 * Kernels for wasm that pass once over an image [n, h, w, c] where tfjs's own operations need several passes, or a transpose to sum over pixels:
 * reading and writing is what they cost.
 */
export const KERNELS = {
  activate: "StyledActivation",
  activateGradient: "StyledActivationGrad",
  slope: "StyledActivationSlope",
  scale: "ScaleChannels",
  dot: "ChannelDot",
  blur: "BlurBy1331",
} as const;

type Inputs = Record<string, TensorInfo | undefined>;
type Kernel = (run: Run, inputs: Inputs, attrs: Record<string, unknown>) => TensorInfo;

/** What a kernel works with. */
interface Run {
  readonly simd: SimdKernels;
  /** Memory for an output or for scratch, not initialised. */
  make(...shape: number[]): TensorInfo;
  free(info: TensorInfo): void;
  /** In bytes; 0 for what isn't there. */
  address(info: TensorInfo | undefined): number;
}

/** Slope of StyleGAN2's leaky ReLU for negative numbers; simd/activation.ts has it, too. */
export const SLOPE = 0.2;

/** clamp(leakyRelu(y · demodulation + noise + bias)) */
const activate: Kernel = ({ simd, make, address }, { y, demodulation, noise, bias }, { clamp }) => {
  const { images, pixels, channels } = sizes(y!);
  const out = make(...y!.shape);
  const noiseStep = noise === undefined || noise.shape[0] === 1 ? 0 : FLOAT * pixels;
  const given = [y, demodulation, bias, noise].map(address);
  simd.activate(...given, noiseStep, address(out), images, pixels, channels, limitOf(clamp));
  return out;
};

/**
 * dy times the activation's slope at `out`: 1 where it rises, a fifth where it leaks, 0 where it was clamped; times the demodulation as `activateGradient`,
 * without it as `slope`.
 */
const activateGradient: Kernel = ({ simd, make, address }, { dy, out, demodulation }, { clamp }) => {
  const { images, pixels, channels } = sizes(dy!);
  const result = make(...dy!.shape);
  simd.activateGradient(...[dy, out, demodulation, result].map(address), images, pixels, channels, limitOf(clamp));
  return result;
};

/** x · scale, scale [n, c] */
const scale: Kernel = ({ simd, make, address }, { x, scale }) => {
  const { images, pixels, channels } = sizes(x!);
  const out = make(...x!.shape);
  simd.scaleChannels(...[x, scale, out].map(address), images, pixels, channels);
  return out;
};

/** Sum of a · b over the pixels, [n, c] */
const dot: Kernel = ({ simd, make, free, address }, { a, b }) => {
  const { images, pixels, channels } = sizes(a!);
  const [out, sums] = [make(images, channels), make(2 * channels)];
  simd.channelDot(...[a, b, out, sums].map(address), images, pixels, channels);
  free(sums);
  return out;
};

/** The filter [1, 3, 3, 1] / 4 along both axes of x with `padding` zeros around. */
const blur: Kernel = ({ simd, make, free, address }, { x }, attrs) => {
  const padding = attrs.padding as number;
  const [images, height, width, channels] = x!.shape as [number, number, number, number];
  const [outHeight, outWidth] = [height + 2 * padding - 3, width + 2 * padding - 3];
  const [out, scratch] = [make(images, outHeight, outWidth, channels), make(width + 2 * padding + 4 * outWidth, channels)];
  simd.blur(...[x, out, scratch].map(address), images, height, width, channels, padding);
  free(scratch);
  return out;
};

function limitOf(clamp: unknown): number {
  return typeof clamp === "number" ? clamp : Number.POSITIVE_INFINITY;
}

function sizes({ shape }: TensorInfo): { images: number; pixels: number; channels: number } {
  const [images, height, width, channels] = shape as [number, number, number, number];
  return { images, pixels: height * width, channels };
}

/** Makes the kernels known to tfjs, so that they are recorded, profiled and differentiated like any other. */
export function registerChannelKernels(): void {
  if (getKernel(KERNELS.dot, "wasm")) return;
  const kernels: [string, Kernel][] = [
    [KERNELS.activate, activate],
    [KERNELS.activateGradient, activateGradient],
    [KERNELS.slope, activateGradient],
    [KERNELS.scale, scale],
    [KERNELS.dot, dot],
    [KERNELS.blur, blur],
  ];
  for (const [kernelName, kernel] of kernels) {
    registerKernel({
      kernelName,
      backendName: "wasm",
      kernelFunc: ({ inputs, attrs }: { inputs: Inputs; attrs?: NamedAttrMap | undefined }) =>
        kernel(runOn(backend() as unknown as WasmBackend), inputs, (attrs ?? {}) as Record<string, unknown>),
    });
  }
}

function runOn(on: WasmBackend): Run {
  return {
    simd: simdKernels(on)!,
    make: (...shape) => on.makeOutput(shape, "float32"),
    free: ({ dataId }) => void on.disposeData(dataId),
    address: (info) => (info ? addressOf(on, info) : 0),
  };
}
