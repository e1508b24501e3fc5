import {
  backend,
  engine,
  type GradConfig,
  getBackend,
  getGradient,
  type NamedAttrMap,
  registerGradient,
  sum,
  type Tensor,
  zerosLike,
} from "@tensorflow/tfjs-core";
import { simdKernels } from "../simd/simd-kernels.js";
import type { WasmBackend } from "../wasm-memory.js";
import { KERNELS, registerChannelKernels } from "./channel-kernels.js";

/** Runs one of the kernels through tfjs's engine. */
export function runChannelKernel(kernel: string, inputs: Record<string, Tensor>, attrs: object = {}): Tensor {
  return engine().runKernel(kernel, inputs, attrs as NamedAttrMap) as Tensor;
}

/** Whether the current backend has the kernels; makes them known when it has. */
export function hasChannelKernels(): boolean {
  if (getBackend() !== "wasm" || simdKernels(backend() as unknown as WasmBackend) === null) return false;
  registerChannelKernels();
  for (const config of gradients) if (!getGradient(config.kernelName)) registerGradient(config);
  return true;
}

const activation: GradConfig = {
  kernelName: KERNELS.activate,
  inputsToSave: ["y", "demodulation"],
  outputsToSave: [true],
  gradFunc: (dy, saved, attrs) => {
    const [y, demodulation, out] = saved as [Tensor, Tensor, Tensor];
    const inFront = () => runChannelKernel(KERNELS.slope, { dy: dy as Tensor, out }, attrs as object);
    return {
      y: () => runChannelKernel(KERNELS.activateGradient, { dy: dy as Tensor, out, demodulation }, attrs as object),
      demodulation: () => runChannelKernel(KERNELS.dot, { a: inFront(), b: y }),
      bias: () => sum(inFront(), [0, 1, 2]),
      noise: () => {
        const perImage = sum(inFront(), 3, true);
        return (attrs as { sharedNoise?: boolean }).sharedNoise ? sum(perImage, 0, true) : perImage;
      },
    };
  },
};

/** The slope is constant wherever it is defined: `out` has no share in the second derivative. */
const activationSlope: GradConfig = {
  kernelName: KERNELS.slope,
  inputsToSave: ["out"],
  gradFunc: (ddy, [out], attrs) => ({
    dy: () => runChannelKernel(KERNELS.slope, { dy: ddy as Tensor, out: out! }, attrs as object),
    out: () => zerosLike(out!),
  }),
};

const activationGradient: GradConfig = {
  kernelName: KERNELS.activateGradient,
  inputsToSave: ["dy", "out", "demodulation"],
  gradFunc: (ddy, saved, attrs) => {
    const [dy, out, demodulation] = saved as [Tensor, Tensor, Tensor];
    const given = ddy as Tensor;
    return {
      dy: () => runChannelKernel(KERNELS.activateGradient, { dy: given, out, demodulation }, attrs as object),
      out: () => zerosLike(out),
      demodulation: () =>
        runChannelKernel(KERNELS.dot, { a: runChannelKernel(KERNELS.slope, { dy: given, out }, attrs as object), b: dy }),
    };
  },
};

const scaling: GradConfig = {
  kernelName: KERNELS.scale,
  inputsToSave: ["x", "scale"],
  gradFunc: (dy, saved) => {
    const [x, scale] = saved as [Tensor, Tensor];
    return {
      x: () => runChannelKernel(KERNELS.scale, { x: dy as Tensor, scale }),
      scale: () => runChannelKernel(KERNELS.dot, { a: dy as Tensor, b: x }),
    };
  },
};

/** So that the gradient of a scaling can be differentiated, too. */
const dotProduct: GradConfig = {
  kernelName: KERNELS.dot,
  inputsToSave: ["a", "b"],
  gradFunc: (dy, saved) => {
    const [a, b] = saved as [Tensor, Tensor];
    return {
      a: () => runChannelKernel(KERNELS.scale, { x: b, scale: dy as Tensor }),
      b: () => runChannelKernel(KERNELS.scale, { x: a, scale: dy as Tensor }),
    };
  },
};

/** The filter is symmetric, so the gradient is the same filter with as much padding as brings the size back. */
const blurring: GradConfig = {
  kernelName: KERNELS.blur,
  gradFunc: (dy, _saved, attrs) => ({
    x: () => runChannelKernel(KERNELS.blur, { x: dy as Tensor }, { padding: 3 - (attrs as { padding: number }).padding }),
  }),
};

const gradients: readonly GradConfig[] = [activation, activationSlope, activationGradient, scaling, dotProduct, blurring];
