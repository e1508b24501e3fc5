import { type Attributes, floats, type GraphBuilder } from "@latentflow/onnx";
import type { Convolution } from "./convolution.js";
import type { DepthwiseConvolution } from "./depthwise-convolution.js";
import type { Linear } from "./linear.js";
import type { Activation, Operations } from "./operations.js";
import { type ResizeMethod, resizeInGraph } from "./resize-images.js";

const ACTIVATION_OPS: Readonly<Record<Activation, [op: string, attributes: Attributes]>> = {
  relu: ["Relu", {}],
  leakyRelu: ["LeakyRelu", { alpha: { float: 0.01 } }],
  elu: ["Elu", { alpha: { float: 1 } }],
  tanh: ["Tanh", {}],
};

/** Networks as ONNX graphs. */
export class InGraph implements Operations<string> {
  constructor(private readonly graph: GraphBuilder) {}

  convolution(x: string, layer: Convolution): string {
    return layer.write(this.graph, x);
  }

  depthwise(x: string, layer: DepthwiseConvolution): string {
    return layer.write(this.graph, x);
  }

  linear(x: string, layer: Linear): string {
    return layer.write(this.graph, x);
  }

  relu(x: string): string {
    return this.graph.op("Relu", [x]);
  }

  activation(x: string, kind: Activation): string {
    const [op, attributes] = ACTIVATION_OPS[kind];
    return this.graph.op(op, [x], attributes);
  }

  clamp(x: string, low: number, high: number): string {
    return this.graph.op("Clip", [x, this.graph.float(low), this.graph.float(high)]);
  }

  maxPool(x: string, size: number, stride: number, padding: number | "end" = 0): string {
    const pads = padding === "end" ? [0, 0, 1, 1] : Array<number>(4).fill(padding);
    return this.graph.op("MaxPool", [x], {
      kernel_shape: { ints: [size, size] },
      strides: { ints: [stride, stride] },
      pads: { ints: pads },
    });
  }

  averagePool(x: string, size: number): string {
    return this.graph.op("AveragePool", [x], { kernel_shape: { ints: [size, size] }, strides: { ints: [size, size] } });
  }

  padEnd(x: string, places: number, channels: number): string {
    if (places === 0 && channels === 0) return x;
    return this.graph.op("Pad", [x, this.graph.ints([0, 0, 0, 0, 0, channels, places, places])]);
  }

  globalMean(x: string): string {
    return this.graph.reduce("ReduceMean", x, [2, 3], false);
  }

  concat(parts: readonly string[]): string {
    return this.graph.op("Concat", parts, { axis: { int: 1 } });
  }

  addScaled(x: string, y: string, factor: number): string {
    const scaled = factor === 1 ? y : this.graph.op("Mul", [y, this.graph.float(factor)]);
    return this.graph.op("Add", [x, scaled]);
  }

  scaleChannels(x: string, scale: readonly number[], shift: readonly number[]): string {
    const channels = (values: readonly number[]) => this.graph.constant(floats([1, values.length, 1, 1], values), "channels");
    return this.graph.op("Add", [this.graph.op("Mul", [x, channels(scale)]), channels(shift)]);
  }

  resize(x: string, side: number, method: ResizeMethod = "bilinear"): string {
    return resizeInGraph(this.graph, x, side, method);
  }

  resizeFromCorners(x: string, side: number): string {
    const shape = this.graph.op("Shape", [x]);
    const sizes = this.graph.op("Concat", [this.graph.slice(shape, 0, 0, 2), this.graph.ints([side, side])], {
      axis: { int: 0 },
    });
    const attributes = { mode: { string: "linear" }, coordinate_transformation_mode: { string: "asymmetric" } };
    return this.graph.op("Resize", [x, "", "", sizes], attributes);
  }

  unitRows(x: string): string {
    const squares = this.graph.reduceSum(this.graph.op("Mul", [x, x]), [1], true);
    return this.graph.op("Div", [x, this.graph.op("Sqrt", [this.graph.op("Add", [squares, this.graph.float(1e-24)])])]);
  }
}
