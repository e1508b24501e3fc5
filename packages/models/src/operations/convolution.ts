import type { GraphBuilder } from "@latentflow/onnx";
import { floats } from "@latentflow/onnx";
import { add, conv2d, keep, type Tensor1D, type Tensor4D, tensor1d, tensor4d } from "@tensorflow/tfjs-core";
import { FrozenConvolution } from "../kernels/frozen-convolution.js";

export interface ConvolutionWeights {
  /** [outputs, inputs, height, width] */
  readonly shape: readonly [number, number, number, number];
  readonly weight: Float32Array;
  /** [outputs] */
  readonly bias: Float32Array;
  /** Default 1. */
  readonly stride?: number;
  /** Zeros beyond the borders: above and below, left and right; or one row below and one column at the right ("end"). Default none. */
  readonly padding?: readonly [number, number] | "end";
}

/** A frozen convolution with its bias, on tfjs and in a graph. */
export class Convolution {
  private readonly bias: Tensor1D;
  private readonly filter?: Tensor4D;
  private readonly frozen?: FrozenConvolution;
  /** Its constants in each graph, which several places may share. */
  private readonly written = new WeakMap<GraphBuilder, readonly string[]>();

  constructor(private readonly weights: ConvolutionWeights) {
    const { stride = 1, shape } = weights;
    const [outputs, inputs, height, width] = shape;
    const filter = keep(tensor4d(channelsLast(weights), [height, width, inputs, outputs]));
    const [vertical, horizontal] = this.padding;
    if (height === 3 && width === 3 && stride === 1 && vertical === 1 && horizontal === 1)
      this.frozen = new FrozenConvolution(filter);
    else this.filter = filter;
    this.bias = keep(tensor1d(weights.bias));
  }

  /** [n, height, width, inputs] → [n, height', width', outputs] */
  apply(x: Tensor4D): Tensor4D {
    const { stride = 1 } = this.weights;
    const y = this.frozen ? this.frozen.apply(x) : conv2d(x, this.filter!, stride, this.tfjsPadding);
    return add(y, this.bias);
  }

  /** Adds itself to a graph: [n, inputs, height, width] → [n, outputs, height', width']. */
  write(graph: GraphBuilder, x: string): string {
    const { stride = 1, shape, weight, bias } = this.weights;
    const [vertical, horizontal] = this.padding;
    const constants = this.written.get(graph) ?? [
      graph.constant(floats([...shape], weight), "filter"),
      graph.constant(floats([shape[0]], bias), "filter_bias"),
    ];
    this.written.set(graph, constants);
    return graph.op("Conv", [x, ...constants], {
      strides: { ints: [stride, stride] },
      pads: { ints: this.atEnd ? [0, 0, 1, 1] : [vertical, horizontal, vertical, horizontal] },
    });
  }

  dispose(): void {
    this.bias.dispose();
    this.filter?.dispose();
    this.frozen?.dispose();
  }

  private get atEnd(): boolean {
    return this.weights.padding === "end";
  }

  private get padding(): readonly [number, number] {
    const { padding = [0, 0] } = this.weights;
    return padding === "end" ? [0, 0] : padding;
  }

  private get tfjsPadding(): "same" | "valid" | number {
    const { stride = 1, shape } = this.weights;
    const [vertical, horizontal] = this.padding;
    if (this.atEnd) return "same";
    if (vertical === 0 && horizontal === 0) return "valid";
    if (stride === 1 && shape[2] === 2 * vertical + 1 && shape[3] === 2 * horizontal + 1) return "same";
    return vertical;
  }
}

function channelsLast({ shape: [outputs, inputs, height, width], weight }: ConvolutionWeights): Float32Array {
  const taps = height * width;
  const result = new Float32Array(weight.length);
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) {
      for (let tap = 0; tap < taps; tap++) result[(tap * inputs + i) * outputs + o] = weight[(o * inputs + i) * taps + tap]!;
    }
  }
  return result;
}
