import { backend, getKernel, type NamedAttrMap, registerKernel, type TensorInfo } from "@tensorflow/tfjs-core";
import { addressOf, memoryOf, type WasmBackend } from "../wasm-memory.js";

/**
 * Kernels for wasm that pass once over an image [n, h, w, c] where tfjs's own operations need several passes, or a transpose to sum over pixels. Plain
 * loops over wasm's memory: reading and writing is what they cost.
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
type Loop = (on: WasmBackend, inputs: Inputs, attrs: Record<string, unknown>) => TensorInfo;

/** Slope of StyleGAN2's leaky ReLU for negative numbers. */
export const SLOPE = 0.2;

/** clamp(leakyRelu(y · demodulation + noise + bias)) */
const activate: Loop = (on, { y, demodulation, noise, bias }, { clamp }) => {
  const { images, pixels, channels } = sizes(y!);
  const out = on.makeOutput([...y!.shape], "float32");
  const memory = memoryOf(on);
  const factors = memory.slice(addressOf(on, demodulation!), addressOf(on, demodulation!) + images * channels);
  const shifts = memory.slice(addressOf(on, bias!), addressOf(on, bias!) + channels);
  const limit = limitOf(clamp);
  const noiseStart = noise ? addressOf(on, noise) : -1;
  const noiseStep = noise?.shape[0] === 1 ? 0 : pixels;
  let from = addressOf(on, y!);
  let to = addressOf(on, out);
  for (let image = 0; image < images; image++) {
    const row = image * channels;
    for (let pixel = 0; pixel < pixels; pixel++) {
      const added = noiseStart < 0 ? 0 : memory[noiseStart + image * noiseStep + pixel]!;
      for (let c = 0; c < channels; c++) {
        const x = memory[from++]! * factors[row + c]! + shifts[c]! + added;
        const activated = x > 0 ? x : SLOPE * x;
        memory[to++] = Math.max(-limit, Math.min(limit, activated));
      }
    }
  }
  return out;
};

/**
 * dy times the activation's slope at `out`: 1 where it rises, a fifth where it leaks, 0 where it was clamped; times the demodulation as `activateGradient`,
 * without it as `slope`.
 */
const activateGradient: Loop = (on, { dy, out, demodulation }, { clamp }) => {
  const { images, pixels, channels } = sizes(dy!);
  const result = on.makeOutput([...dy!.shape], "float32");
  const memory = memoryOf(on);
  const factors = demodulation
    ? memory.slice(addressOf(on, demodulation), addressOf(on, demodulation) + images * channels)
    : new Float32Array(images * channels).fill(1);
  const limit = limitOf(clamp);
  let gradient = addressOf(on, dy!);
  let value = addressOf(on, out!);
  let to = addressOf(on, result);
  for (let image = 0; image < images; image++) {
    const row = image * channels;
    for (let pixel = 0; pixel < pixels; pixel++) {
      for (let c = 0; c < channels; c++) {
        const v = memory[value++]!;
        const slope = v > 0 ? (v < limit ? 1 : 0) : v > -limit ? SLOPE : 0;
        memory[to++] = memory[gradient++]! * slope * factors[row + c]!;
      }
    }
  }
  return result;
};

/** x · scale, scale [n, c] */
const scale: Loop = (on, { x, scale }) => {
  const { images, pixels, channels } = sizes(x!);
  const out = on.makeOutput([...x!.shape], "float32");
  const memory = memoryOf(on);
  const factors = memory.slice(addressOf(on, scale!), addressOf(on, scale!) + images * channels);
  let from = addressOf(on, x!);
  let to = addressOf(on, out);
  for (let image = 0; image < images; image++) {
    const row = image * channels;
    for (let pixel = 0; pixel < pixels; pixel++) {
      for (let c = 0; c < channels; c++) memory[to++] = memory[from++]! * factors[row + c]!;
    }
  }
  return out;
};

/** Sum of a · b over the pixels, [n, c] */
const dot: Loop = (on, { a, b }) => {
  const { images, pixels, channels } = sizes(a!);
  const out = on.makeOutput([images, channels], "float32");
  const memory = memoryOf(on);
  let [left, right] = [addressOf(on, a!), addressOf(on, b!)];
  const sums = new Float64Array(channels);
  for (let image = 0; image < images; image++) {
    sums.fill(0);
    for (let pixel = 0; pixel < pixels; pixel++) {
      for (let c = 0; c < channels; c++) sums[c]! += memory[left++]! * memory[right++]!;
    }
    memory.set(sums, addressOf(on, out) + image * channels);
  }
  return out;
};

/** As float32, so that clamped values are met again when they are compared with it. */
function limitOf(clamp: unknown): number {
  return typeof clamp === "number" ? Math.fround(clamp) : Number.POSITIVE_INFINITY;
}

/** The filter [1, 3, 3, 1] / 4 along both axes of x with `padding` zeros around: rows first, then columns of the last four rows. */
const blur: Loop = (on, { x }, attrs) => {
  const padding = attrs.padding as number;
  const [images, height, width, channels] = x!.shape as [number, number, number, number];
  const [outHeight, outWidth] = [height + 2 * padding - 3, width + 2 * padding - 3];
  const out = on.makeOutput([images, outHeight, outWidth, channels], "float32");
  const memory = memoryOf(on);
  const [source, target] = [addressOf(on, x!), addressOf(on, out)];
  const rowSize = outWidth * channels;
  const padded = new Float32Array((width + 2 * padding) * channels);
  const rows = Array.from({ length: 4 }, () => new Float32Array(rowSize));
  for (let image = 0; image < images; image++) {
    for (let y = -padding; y < height + padding; y++) {
      const row = rows[(y + padding) & 3]!;
      if (y < 0 || y >= height) row.fill(0);
      else {
        const from = source + (image * height + y) * width * channels;
        padded.set(memory.subarray(from, from + width * channels), padding * channels);
        blurRow(padded, padded, padded, padded, channels, row, 0);
      }
      const outRow = y + padding - 3;
      if (outRow < 0) continue;
      const [a, b, c, d] = [rows[outRow & 3]!, rows[(outRow + 1) & 3]!, rows[(outRow + 2) & 3]!, row];
      blurRow(a, b, c, d, 0, memory, target + (image * outHeight + outRow) * rowSize, rowSize);
    }
  }
  return out;
};

/** (a + 3b + 3c + d) / 4, each read `step` elements behind the one before. */
function blurRow(
  a: Float32Array,
  b: Float32Array,
  c: Float32Array,
  d: Float32Array,
  step: number,
  target: Float32Array,
  to: number,
  count = target.length,
): void {
  for (let i = 0; i < count; i++) {
    target[to + i] = 0.25 * (a[i]! + d[i + 3 * step]!) + 0.75 * (b[i + step]! + c[i + 2 * step]!);
  }
}

function sizes({ shape }: TensorInfo): { images: number; pixels: number; channels: number } {
  const [images, height, width, channels] = shape as [number, number, number, number];
  return { images, pixels: height * width, channels };
}

/** Makes the kernels known to tfjs, so that they are recorded, profiled and differentiated like any other. */
export function registerChannelKernels(): void {
  if (getKernel(KERNELS.dot, "wasm")) return;
  const loops: [string, Loop][] = [
    [KERNELS.activate, activate],
    [KERNELS.activateGradient, activateGradient],
    [KERNELS.slope, activateGradient],
    [KERNELS.scale, scale],
    [KERNELS.dot, dot],
    [KERNELS.blur, blur],
  ];
  for (const [kernelName, loop] of loops) {
    registerKernel({
      kernelName,
      backendName: "wasm",
      kernelFunc: ({ inputs, attrs }: { inputs: Inputs; attrs?: NamedAttrMap | undefined }) =>
        loop(backend() as unknown as WasmBackend, inputs, (attrs ?? {}) as Record<string, unknown>),
    });
  }
}
