import { Convolution, type ConvolutionWeights } from "../operations/convolution.js";
import { DepthwiseConvolution } from "../operations/depthwise-convolution.js";
import { Linear } from "../operations/linear.js";
import type { Operations } from "../operations/operations.js";
import { floatsOf, type NamedTensors, need } from "../tensors-by-name.js";

/** face-api's mean colour, of 8-bit values. */
const MEAN = [122.782, 117.001, 104.298];

type Geometry = Pick<ConvolutionWeights, "stride" | "padding">;

/** Layers of face-api's networks by their names, made once and disposed together. */
export class FaceApiLayers {
  private readonly made = new Map<string, { dispose(): void }>();

  constructor(
    private readonly caller: string,
    private readonly tensors: NamedTensors,
  ) {}

  /** `<name>/filters` [height, width, inputs, outputs] and `<name>/bias`; for dlib's network with `<name>/../scale` behind it. */
  convolution(name: string, geometry: Geometry, scale?: string): Convolution {
    const [height, width, inputs, outputs] = need(this.caller, this.tensors, `${name}/filters`).shape as [
      number,
      number,
      number,
      number,
    ];
    const weight = outputsFirst(this.floats(`${name}/filters`), [height * width, inputs, outputs]);
    const bias = this.floats(`${name}/bias`);
    if (scale !== undefined) {
      const [factors, shifts] = [this.floats(`${scale}/weights`), this.floats(`${scale}/biases`)];
      const each = weight.length / outputs;
      for (let i = 0; i < weight.length; i++) weight[i] = weight[i]! * factors[Math.floor(i / each)]!;
      for (let o = 0; o < outputs; o++) bias[o] = bias[o]! * factors[o]! + shifts[o]!;
    }
    return this.keep(name, new Convolution({ ...geometry, shape: [outputs, inputs, height, width], weight, bias }));
  }

  /** `<name>/depthwise_filter` [3, 3, channels, 1], then `<name>/pointwise_filter` [1, 1, inputs, outputs] and `<name>/bias`. */
  separable(name: string, stride: 1 | 2 = 1): Separable {
    const [height, width, channels] = need(this.caller, this.tensors, `${name}/depthwise_filter`).shape as [
      number,
      number,
      number,
      number,
    ];
    const depthwise = new DepthwiseConvolution(this.floats(`${name}/depthwise_filter`), [height, width, channels], stride);
    const [, , inputs, outputs] = need(this.caller, this.tensors, `${name}/pointwise_filter`).shape as [
      number,
      number,
      number,
      number,
    ];
    const weight = outputsFirst(this.floats(`${name}/pointwise_filter`), [1, inputs, outputs]);
    const pointwise = new Convolution({ shape: [outputs, inputs, 1, 1], weight, bias: this.floats(`${name}/bias`) });
    return { depthwise: this.keep(`${name}/depthwise`, depthwise), pointwise: this.keep(name, pointwise) };
  }

  /** A matrix [inputs, outputs] and its bias, if it has one. */
  linear(weights: string, bias?: string): Linear {
    const [inputs, outputs] = need(this.caller, this.tensors, weights).shape as [number, number];
    const weight = outputsFirst(this.floats(weights), [1, inputs, outputs]);
    return this.keep(weights, new Linear({ weight, bias: bias === undefined ? new Float32Array(outputs) : this.floats(bias) }));
  }

  dispose(): void {
    for (const layer of this.made.values()) layer.dispose();
  }

  private floats(name: string): Float32Array {
    return floatsOf(this.caller, this.tensors, name).slice();
  }

  private keep<Layer extends { dispose(): void }>(name: string, layer: Layer): Layer {
    this.made.set(name, layer);
    return layer;
  }
}

/** A convolution within channels, then one across them. */
export interface Separable {
  readonly depthwise: DepthwiseConvolution;
  readonly pointwise: Convolution;
}

export function separable<X>(on: Operations<X>, x: X, { depthwise, pointwise }: Separable): X {
  return on.convolution(on.depthwise(x, depthwise), pointwise);
}

/** Images in [-1, 1] at another size, as face-api scales them: 8-bit values minus the mean, over 255. */
export function prepared<X>(on: Operations<X>, images: X, side: number): X {
  const scale = Array<number>(3).fill(0.5);
  const shift = MEAN.map((mean) => 0.5 - mean / 255);
  return on.scaleChannels(on.resizeFromCorners(images, side), scale, shift);
}

/** [taps, inputs, outputs] → [outputs, inputs, taps] */
function outputsFirst(weight: Float32Array, [taps, inputs, outputs]: readonly [number, number, number]): Float32Array {
  const result = new Float32Array(weight.length);
  for (let tap = 0; tap < taps; tap++)
    for (let i = 0; i < inputs; i++)
      for (let o = 0; o < outputs; o++) result[(o * inputs + i) * taps + tap] = weight[(tap * inputs + i) * outputs + o]!;
  return result;
}
