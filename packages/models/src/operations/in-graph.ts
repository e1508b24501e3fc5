import { type Attributes, floats, type GraphBuilder } from "@latentflow/onnx";
import type { Convolution } from "./convolution.js";
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

  maxPool(x: string, size: number, stride: number, padding = 0): string {
    return this.graph.op("MaxPool", [x], {
      kernel_shape: { ints: [size, size] },
      strides: { ints: [stride, stride] },
      pads: { ints: [padding, padding, padding, padding] },
    });
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

  unitRows(x: string): string {
    const squares = this.graph.reduceSum(this.graph.op("Mul", [x, x]), [1], true);
    return this.graph.op("Div", [x, this.graph.op("Sqrt", [this.graph.op("Add", [squares, this.graph.float(1e-24)])])]);
  }
}
