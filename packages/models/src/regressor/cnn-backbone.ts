import { checkBackend, checkTensor, type DeclaredOptions, describeValue, type GivenOptions, readOptions } from "@latentflow/core";
import type { GraphBuilder } from "@latentflow/onnx";
import {
  add,
  clipByValue,
  conv2d,
  keep,
  matMul,
  relu,
  reshape,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
  tensor1d,
  tensor2d,
  tensor4d,
} from "@tensorflow/tfjs-core";
import { checkAlive } from "../disposed.js";
import { ModelsError } from "../errors.js";
import { checkNamedTensors, checkTensors, floatsOf, type NamedTensors } from "../tensors-by-name.js";
import type { Backbone } from "./backbone.js";
import { cnnToGraph } from "./to-onnx.js";

const NAMES = {
  /** Names of the convolutions, in order. */
  convolutions: { is: areNames, expected: "names of convolutions" },
  linear: { is: (value: unknown): value is string => typeof value === "string", expected: "the name of a linear layer" },
} as const satisfies DeclaredOptions;

/** Where a state dict keeps a CNN's tensors. */
export interface CnnNames extends GivenOptions<typeof NAMES> {}

interface Convolution {
  /** [4, 4, inputs, outputs] */
  readonly filter: Tensor4D;
  readonly bias: Tensor1D;
}

/**
 * The paper's network for images of 64 × 64 pixels: 4 × 4 convolutions of stride 2 (32, 32, 64, 64 channels) with ReLU, then Linear and ReLU.
 * Images are clamped to [-1, 1] first, as they were in training.
 */
export class CnnBackbone implements Backbone {
  readonly featureCount: number;
  /** Side of the images it takes. */
  readonly imageSize: number;
  private readonly convolutions: readonly Convolution[];
  private readonly weight: Tensor2D;
  private readonly bias: Tensor1D;
  private disposed = false;

  /** @param tensors as `cnnShapes` asks */
  constructor(tensors: NamedTensors, names: CnnNames) {
    checkNamedTensors("CnnBackbone", tensors);
    const { convolutions, linear } = readOptions("CnnBackbone", NAMES, names, ModelsError);
    checkTensors("CnnBackbone", tensors, cnnShapes(tensors, names), () => true);
    checkBackend("CnnBackbone", ModelsError);
    this.convolutions = convolutions.map((name) => convolution(tensors, name));
    const [outputs, inputs] = tensors.get(`${linear}.weight`)!.shape as [number, number];
    const channels = this.convolutions.at(-1)!.filter.shape[3];
    const side = Math.sqrt(inputs / channels);
    this.featureCount = outputs;
    this.imageSize = side * 2 ** convolutions.length;
    this.weight = keep(
      tensor2d(channelsLast(floatsOf("CnnBackbone", tensors, `${linear}.weight`), outputs, channels, side), [inputs, outputs]),
    );
    this.bias = keep(tensor1d(floatsOf("CnnBackbone", tensors, `${linear}.bias`)));
  }

  features(images: Tensor4D): Tensor2D {
    checkAlive("features", "backbone", this.disposed);
    checkTensor("features", "images", images, `[n, ${this.imageSize}, ${this.imageSize}, 3]`, ModelsError);
    if (images.rank !== 4 || images.shape[3] !== 3) {
      throw new ModelsError(`features: expected images [n, height, width, 3], got [${images.shape.join(", ")}].`);
    }
    const [n, height, width] = images.shape;
    if (height !== this.imageSize || width !== this.imageSize) {
      throw new ModelsError(
        `CnnBackbone: expected images of ${this.imageSize} × ${this.imageSize} pixels, got ${height} × ${width}. Resize them first.`,
      );
    }
    const clamped = clipByValue(images, -1, 1);
    const x = this.convolutions.reduce((x, { filter, bias }) => relu(add(conv2d(x, filter, 2, 1), bias)) as Tensor4D, clamped);
    return relu(add(matMul(reshape(x, [n, this.weight.shape[0]]), this.weight), this.bias)) as Tensor2D;
  }

  async toGraph(graph: GraphBuilder, images: string): Promise<string> {
    checkAlive("toGraph", "backbone", this.disposed);
    if (typeof graph?.op !== "function" || typeof images !== "string") {
      const got = `${describeValue(graph)} and ${describeValue(images)}`;
      throw new ModelsError(`toGraph: expected a GraphBuilder and the name of the images in it, got ${got}.`);
    }
    return cnnToGraph(graph, images, this.convolutions, { weight: this.weight, bias: this.bias });
  }

  dispose(): void {
    this.disposed = true;
    for (const { filter, bias } of this.convolutions) {
      filter.dispose();
      bias.dispose();
    }
    this.weight.dispose();
    this.bias.dispose();
  }
}

function areNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === "string");
}

/** The shapes of a CNN's tensors, the widths of its layers read off the file. */
export function cnnShapes(tensors: NamedTensors, { convolutions, linear }: CnnNames): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  let inputs = 3;
  for (const name of convolutions) {
    const outputs = tensors.get(`${name}.weight`)?.shape[0] ?? 0;
    shapes.set(`${name}.weight`, [outputs, inputs, 4, 4]);
    shapes.set(`${name}.bias`, [outputs]);
    inputs = outputs;
  }
  const [features = 0, flat = 0] = tensors.get(`${linear}.weight`)?.shape ?? [];
  // A square image of at least one pixel must be left: 4 × 4 for images of 64.
  const side = Math.max(1, Math.round(Math.sqrt(flat / inputs)));
  shapes.set(`${linear}.weight`, [features, inputs * side * side]);
  shapes.set(`${linear}.bias`, [features]);
  return shapes;
}

/** PyTorch's [outputs, inputs, 4, 4] → [4, 4, inputs, outputs]. */
function convolution(tensors: NamedTensors, name: string): Convolution {
  const [outputs, inputs] = tensors.get(`${name}.weight`)!.shape as [number, number];
  const weight = floatsOf("CnnBackbone", tensors, `${name}.weight`);
  const filter = new Float32Array(weight.length);
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) {
      for (let tap = 0; tap < 16; tap++) filter[(tap * inputs + i) * outputs + o] = weight[(o * inputs + i) * 16 + tap]!;
    }
  }
  return {
    filter: keep(tensor4d(filter, [4, 4, inputs, outputs])),
    bias: keep(tensor1d(floatsOf("CnnBackbone", tensors, `${name}.bias`))),
  };
}

/** A linear layer over PyTorch's flattened [channels, side, side] → one over [side, side, channels], transposed. */
function channelsLast(weight: Float32Array, outputs: number, channels: number, side: number): Float32Array {
  const result = new Float32Array(weight.length);
  const pixels = side * side;
  for (let o = 0; o < outputs; o++) {
    for (let c = 0; c < channels; c++) {
      for (let p = 0; p < pixels; p++) result[(p * channels + c) * outputs + o] = weight[(o * channels + c) * pixels + p]!;
    }
  }
  return result;
}
