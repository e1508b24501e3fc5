import { allocate } from "@latentflow/backend/wasm";
import {
  add,
  clipByValue,
  leakyRelu,
  mul,
  reshape,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
  zerosLike,
} from "@tensorflow/tfjs-core";
import { FLOAT, SLOPE } from "./constants.js";
import { channelDot } from "./scale-channels.js";
import { hasSimdKernels } from "./simd-kernels.js";
import { addresses, runOp, sizes, type WasmOp } from "./wasm-op.js";

/** What happens to a convolution's output: demodulation, noise, bias, leaky ReLU and, in NVlabs' networks, a clamp. */
export interface StyledActivation {
  /** [n, c] */
  readonly demodulation: Tensor2D;
  /** [1 or n, h, w, 1] */
  readonly noise?: Tensor4D | undefined;
  /** [c] */
  readonly bias: Tensor1D;
  /** Largest absolute value; null: any. */
  readonly clamp: number | null;
}

/** clamp(leakyRelu(y · demodulation + noise + bias)): one pass over the image on wasm, the same from tfjs's operations elsewhere. */
export function styledActivation(y: Tensor4D, { demodulation, noise, bias, clamp }: StyledActivation): Tensor4D {
  if (hasSimdKernels()) {
    const inputs = { y, demodulation, bias, ...(noise ? { noise } : {}) };
    return runOp(activation, inputs, { clamp, sharedNoise: noise?.shape[0] === 1 }) as Tensor4D;
  }
  const [n, c] = demodulation.shape;
  const scaled = add(mul(y, reshape(demodulation, [n, 1, 1, c])), bias);
  const activated = leakyRelu(noise ? add(scaled, noise) : scaled, SLOPE) as Tensor4D;
  return clamp === null ? activated : clipByValue(activated, -clamp, clamp);
}

interface Clamped {
  readonly clamp: number | null;
}

const limitOf = ({ clamp }: Clamped) => clamp ?? Number.POSITIVE_INFINITY;

const activation: WasmOp<Clamped & { readonly sharedNoise: boolean }> = {
  kernelName: "StyledActivation",
  compute({ backend, simd }, { y, demodulation, noise, bias }, attributes) {
    const { images, pixels, channels } = sizes(y!);
    const out = allocate(backend, y!.shape);
    const noiseStep = noise === undefined || noise.shape[0] === 1 ? 0 : FLOAT * pixels;
    const given = addresses(backend, y, demodulation, bias, noise);
    simd.activate(...given, noiseStep, ...addresses(backend, out), images, pixels, channels, limitOf(attributes));
    return out;
  },
  inputsToSave: ["y", "demodulation"],
  outputsToSave: [true],
  gradFunc: (dy, saved, attrs) => {
    const [y, demodulation, out] = saved as [Tensor, Tensor, Tensor];
    const { clamp, sharedNoise } = attrs as unknown as Clamped & { readonly sharedNoise: boolean };
    const inFront = () => runOp(activationSlope, { dy: dy as Tensor, out }, { clamp });
    return {
      y: () => runOp(activationGradient, { dy: dy as Tensor, out, demodulation }, { clamp }),
      demodulation: () => channelDot(inFront(), y),
      bias: () => sum(inFront(), [0, 1, 2]),
      noise: () => {
        const perImage = sum(inFront(), 3, true);
        return sharedNoise ? sum(perImage, 0, true) : perImage;
      },
    };
  },
};

/** dy times the activation's slope at `out`: 1 where it rises, `SLOPE` where it leaks, 0 where it was clamped; times the demodulation, if there is one. */
const timesSlope: WasmOp<Clamped>["compute"] = ({ backend, simd }, { dy, out, demodulation }, attributes) => {
  const { images, pixels, channels } = sizes(dy!);
  const result = allocate(backend, dy!.shape);
  simd.activateGradient(...addresses(backend, dy, out, demodulation, result), images, pixels, channels, limitOf(attributes));
  return result;
};

/** The slope is constant wherever it is defined: `out` has no share in the second derivative. */
const activationSlope: WasmOp<Clamped> = {
  kernelName: "StyledActivationSlope",
  compute: timesSlope,
  inputsToSave: ["out"],
  gradFunc: (ddy, [out], attrs) => ({
    dy: () => runOp(activationSlope, { dy: ddy as Tensor, out: out! }, attrs as unknown as Clamped),
    out: () => zerosLike(out!),
  }),
};

const activationGradient: WasmOp<Clamped> = {
  kernelName: "StyledActivationGrad",
  compute: timesSlope,
  inputsToSave: ["dy", "out", "demodulation"],
  gradFunc: (ddy, saved, attrs) => {
    const [dy, out, demodulation] = saved as [Tensor, Tensor, Tensor];
    const given = ddy as Tensor;
    const clamped = attrs as unknown as Clamped;
    return {
      dy: () => runOp(activationGradient, { dy: given, out, demodulation }, clamped),
      out: () => zerosLike(out),
      demodulation: () => channelDot(runOp(activationSlope, { dy: given, out }, clamped), dy),
    };
  },
};
