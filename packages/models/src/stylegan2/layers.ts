import { keep, type Tensor1D, type Tensor2D, type Tensor4D, tensor1d, tensor2d, tensor4d } from "@tensorflow/tfjs-core";
import { FrozenConvolution } from "../kernels/frozen-convolution.js";
import { transposed } from "../kernels/transposed.js";
import { floatsOf, type NamedTensors } from "../tensors-by-name.js";
import { layerName, rgbName, type StyleGan2Architecture, sideOfLayer, styledLayerCount } from "./architecture.js";

/** The affine map from a row of w to the scale of every input channel. */
export interface Modulation {
  /** [latent, inputs] */
  readonly weight: Tensor2D;
  /** [inputs] */
  readonly bias: Tensor1D;
}

/** A modulated 3 × 3 convolution with noise, bias and leaky ReLU, its weights as they are used. */
export interface StyledLayer {
  readonly modulation: Modulation;
  /** Doubles the side first. */
  readonly up: boolean;
  readonly convolution: FrozenConvolution;
  /** Sum of the squared taps, [inputs, outputs]: what demodulation needs of the filter. */
  readonly energy: Tensor2D;
  /** Strength of the noise, times √2. */
  readonly noiseStrength: number;
  /** The stored noise times its strength and √2, [1, side, side, 1]. */
  readonly noise: Tensor4D;
  /** [outputs], times √2. */
  readonly bias: Tensor1D;
  readonly side: number;
}

/** A modulated 1 × 1 convolution to RGB, without demodulation. */
export interface RgbLayer {
  readonly modulation: Modulation;
  /** [inputs, 3] */
  readonly weight: Tensor2D;
  /** [3] */
  readonly bias: Tensor1D;
}

export interface SynthesisLayers {
  /** [1, 4, 4, channels] */
  readonly constant: Tensor4D;
  readonly styled: readonly StyledLayer[];
  readonly rgb: readonly RgbLayer[];
}

export interface MappingLayer {
  /** [inputs, outputs] */
  readonly weight: Tensor2D;
  /** [outputs] */
  readonly bias: Tensor1D;
}

/**
 * Leaky ReLU is followed by a gain of √2. It commutes with positive factors, so the gain is put on what goes in: demodulation, noise and bias.
 */
export const GAIN = Math.SQRT2;

/** Weights of the mapping, scaled as equalised learning rates ask (Karras et al. 2018, section 4.1). */
export function mappingLayers(architecture: StyleGan2Architecture, tensors: NamedTensors): MappingLayer[] {
  const { mappingLayers, mappingRate, latentDim, zDim } = architecture;
  return Array.from({ length: mappingLayers }, (_, i) => {
    const inputs = i === 0 ? zDim : latentDim;
    const weight = transposed(
      floatsOf("mapping", tensors, `style.${i + 1}.weight`),
      latentDim,
      inputs,
      (GAIN * mappingRate) / Math.sqrt(inputs),
    );
    const bias = floatsOf("mapping", tensors, `style.${i + 1}.bias`).map((x) => x * mappingRate * GAIN);
    return { weight: keep(tensor2d(weight, [inputs, latentDim])), bias: keep(tensor1d(bias)) };
  });
}

/** Weights of the synthesis in the layout and with the factors that the layers use; made once. */
export function synthesisLayers(architecture: StyleGan2Architecture, tensors: NamedTensors): SynthesisLayers {
  const { channels } = architecture;
  const styled = Array.from({ length: styledLayerCount(architecture) }, (_, i) => {
    const level = Math.ceil(i / 2);
    return styledLayer(architecture, tensors, i, channels[i % 2 === 1 ? level - 1 : level]!, channels[level]!);
  });
  const rgb = channels.map((inputs, level) => rgbLayer(architecture, tensors, rgbName(level), inputs));
  const constant = transposed(floatsOf("synthesis", tensors, "input.input"), channels[0]!, 16, 1);
  return { constant: keep(tensor4d(constant, [1, 4, 4, channels[0]!])), styled, rgb };
}

export function disposeLayers({ constant, styled, rgb }: SynthesisLayers): void {
  constant.dispose();
  for (const layer of [...styled, ...rgb]) {
    layer.modulation.weight.dispose();
    layer.modulation.bias.dispose();
    layer.bias.dispose();
  }
  for (const { convolution, energy, noise } of styled) {
    convolution.dispose();
    energy.dispose();
    noise.dispose();
  }
  for (const { weight } of rgb) weight.dispose();
}

function styledLayer(
  architecture: StyleGan2Architecture,
  tensors: NamedTensors,
  i: number,
  inputs: number,
  outputs: number,
): StyledLayer {
  const name = layerName(i);
  const up = i % 2 === 1;
  const scale = architecture.family === "rosinality" ? 1 / Math.sqrt(inputs * 9) : 1;
  const weight = floatsOf("synthesis", tensors, `${name}.conv.weight`);
  const energy = new Float32Array(inputs * outputs);
  const filter = new Float32Array(weight.length);
  // [outputs, inputs, tap] → [tap, inputs, outputs] or [tap, outputs, inputs]
  for (let o = 0; o < outputs; o++) {
    for (let c = 0; c < inputs; c++) {
      let sum = 0;
      for (let tap = 0; tap < 9; tap++) {
        const value = scale * weight[(o * inputs + c) * 9 + tap]!;
        filter[up ? (tap * outputs + o) * inputs + c : (tap * inputs + c) * outputs + o] = value;
        sum += value * value;
      }
      energy[c * outputs + o] = sum;
    }
  }
  const side = sideOfLayer(i);
  const noiseStrength = GAIN * floatsOf("synthesis", tensors, `${name}.noise.weight`)[0]!;
  const noise = floatsOf("synthesis", tensors, `noises.noise_${i}`).map((x) => x * noiseStrength);
  const bias = floatsOf("synthesis", tensors, `${name}.activate.bias`).map((x) => x * GAIN);
  return {
    modulation: modulation(architecture, tensors, name, inputs),
    up,
    convolution: new FrozenConvolution(tensor4d(filter, up ? [3, 3, outputs, inputs] : [3, 3, inputs, outputs]), { up }),
    energy: keep(tensor2d(energy, [inputs, outputs])),
    noiseStrength,
    noise: keep(tensor4d(noise, [1, side, side, 1])),
    bias: keep(tensor1d(bias)),
    side,
  };
}

function rgbLayer(architecture: StyleGan2Architecture, tensors: NamedTensors, name: string, inputs: number): RgbLayer {
  // Both families scale here: there is no demodulation that would undo it.
  const weight = transposed(floatsOf("synthesis", tensors, `${name}.conv.weight`), 3, inputs, 1 / Math.sqrt(inputs));
  return {
    modulation: modulation(architecture, tensors, name, inputs),
    weight: keep(tensor2d(weight, [inputs, 3])),
    bias: keep(tensor1d(floatsOf("synthesis", tensors, `${name}.bias`))),
  };
}

function modulation({ latentDim }: StyleGan2Architecture, tensors: NamedTensors, name: string, inputs: number): Modulation {
  const weight = floatsOf("synthesis", tensors, `${name}.conv.modulation.weight`);
  const bias = floatsOf("synthesis", tensors, `${name}.conv.modulation.bias`);
  return {
    weight: keep(tensor2d(transposed(weight, inputs, latentDim, 1 / Math.sqrt(latentDim)), [latentDim, inputs])),
    bias: keep(tensor1d(bias)),
  };
}
