import { describeValue } from "@latentflow/core";
import { ModelsError } from "../errors.js";
import type { NamedShapes } from "../tensors-by-name.js";

/** The sizes of a StyleGAN2 and what differs between the two families of code that train it. */
export interface StyleGan2Architecture {
  /** Side of the images: 8, 16, …, 1024. */
  readonly resolution: number;
  /** Width of z, the mapping's input. */
  readonly zDim: number;
  /** Width of a row of w. */
  readonly latentDim: number;
  /** Linear layers of the mapping. */
  readonly mappingLayers: number;
  /** Learning-rate multiplier of the mapping, which scales its weights. Both families: 0.01. */
  readonly mappingRate: number;
  /** Channels at each side 4, 8, …, resolution. */
  readonly channels: readonly number[];
  /**
   * Whether a convolution's weights are scaled by 1/√(fan-in) before 1e-8 is added in the demodulation (rosinality) or not (NVlabs). The two
   * differ in the last digits only.
   */
  readonly family: "rosinality" | "nvlabs";
  /** Activations and the terms of the RGB sum are clamped to ± this (NVlabs: 256); null: not at all. */
  readonly convClamp: number | null;
}

const MAX_LEVELS = 9; // 1024 pixels
const MAX_MAPPING_LAYERS = 64;

/**
 * An architecture from a file's text.
 *
 * @throws ModelsError unless every part of it is one that a generator can have
 */
export function parseArchitecture(caller: string, text: string): StyleGan2Architecture {
  let parsed: Partial<StyleGan2Architecture> | null;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new ModelsError(`${caller}: expected the file's architecture to have the form of JSON, got ${text.slice(0, 200)}.`);
  }
  return checkArchitecture(caller, "the file's architecture", parsed);
}

/**
 * @param what the architecture in the message
 * @throws ModelsError unless every part of it is one that a generator can have
 */
export function checkArchitecture(
  caller: string,
  what: string,
  architecture: Partial<StyleGan2Architecture> | null,
): StyleGan2Architecture {
  const fail = (part: string): never => {
    const got = asText(architecture).slice(0, 200);
    throw new ModelsError(`${caller}: expected ${what} to have ${part}, got ${got}.`);
  };
  const { resolution, zDim, latentDim, mappingLayers, mappingRate, channels, family, convClamp } = architecture ?? {};
  const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) > 0;
  const isPositive = (value: unknown) => typeof value === "number" && value > 0 && value < Number.POSITIVE_INFINITY;
  if (!Array.isArray(channels) || channels.length < 2 || channels.length > MAX_LEVELS || !channels.every(isCount))
    return fail("2 to 9 numbers of channels");
  if (resolution !== 2 << channels.length) return fail(`resolution ${2 << channels.length}, as its channels say`);
  if (!isCount(zDim) || !isCount(latentDim)) return fail("zDim and latentDim");
  if (!isCount(mappingLayers) || mappingLayers! > MAX_MAPPING_LAYERS) return fail("1 to 64 mappingLayers");
  if (!isPositive(mappingRate)) return fail("a positive mappingRate");
  if (family !== "rosinality" && family !== "nvlabs") return fail('family "rosinality" or "nvlabs"');
  if (convClamp !== null && !isPositive(convClamp)) return fail("convClamp null or positive");
  return architecture as StyleGan2Architecture;
}

/** As JSON where it has that form; what holds itself has not. */
function asText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? describeValue(value);
  } catch {
    return describeValue(value);
  }
}

/** Number of convolutions with noise, from 4 × 4 upwards. */
export function styledLayerCount({ channels }: StyleGan2Architecture): number {
  return 2 * channels.length - 1;
}

/** Rows of a W+ code: one more than the layers, for the last conversion to RGB. */
export function rowCount(architecture: StyleGan2Architecture): number {
  return styledLayerCount(architecture) + 1;
}

/** Side of the image that layer `i` (0: the first convolution) makes. */
export function sideOfLayer(i: number): number {
  return 4 << Math.ceil(i / 2);
}

/** Every tensor of the network under rosinality's names, which this package uses for both families. */
export function styleGan2Shapes(architecture: StyleGan2Architecture): NamedShapes {
  const { zDim, latentDim, mappingLayers, channels } = architecture;
  const shapes = new Map<string, readonly number[]>();
  for (let i = 1; i <= mappingLayers; i++) {
    shapes.set(`style.${i}.weight`, [latentDim, i === 1 ? zDim : latentDim]);
    shapes.set(`style.${i}.bias`, [latentDim]);
  }
  shapes.set("input.input", [1, channels[0]!, 4, 4]);
  const convolution = (prefix: string, inputs: number, outputs: number, size: number) => {
    shapes.set(`${prefix}.conv.weight`, [1, outputs, inputs, size, size]);
    shapes.set(`${prefix}.conv.modulation.weight`, [inputs, latentDim]);
    shapes.set(`${prefix}.conv.modulation.bias`, [inputs]);
  };
  for (let i = 0; i < styledLayerCount(architecture); i++) {
    const level = Math.ceil(i / 2);
    const inputs = channels[i % 2 === 1 ? level - 1 : level]!;
    const name = layerName(i);
    convolution(name, inputs, channels[level]!, 3);
    shapes.set(`${name}.noise.weight`, [1]);
    shapes.set(`${name}.activate.bias`, [channels[level]!]);
    shapes.set(`noises.noise_${i}`, [1, 1, sideOfLayer(i), sideOfLayer(i)]);
  }
  for (let level = 0; level < channels.length; level++) {
    convolution(rgbName(level), channels[level]!, 3, 1);
    shapes.set(`${rgbName(level)}.bias`, [1, 3, 1, 1]);
  }
  return shapes;
}

/** Name of layer `i`: conv1, then convs.0, convs.1, … of which the even ones double the side. */
export function layerName(i: number): string {
  return i === 0 ? "conv1" : `convs.${i - 1}`;
}

/** Name of the conversion to RGB at side 4 · 2^level. */
export function rgbName(level: number): string {
  return level === 0 ? "to_rgb1" : `to_rgbs.${level - 1}`;
}
