import type { Attribute } from "@latentflow/core";
import { floats, GraphBuilder, type OnnxModel } from "@latentflow/onnx";
import type { Tensor1D, Tensor2D, Tensor4D } from "@tensorflow/tfjs-core";
import { ModelsError } from "../errors.js";
import { InGraph } from "../operations/in-graph.js";
import type { Backbone } from "./backbone.js";
import type { LayerStack } from "./layer-stack.js";

/** Linear layers of a regressor as tfjs tensors: weight [inputs, outputs]. */
interface Linear {
  readonly weight: Tensor2D;
  readonly bias: Tensor1D;
}

/** A regressor as an ONNX graph: "images" [n, 3, side, side] → one [n, classes] an attribute, and "features", which all of them read. */
export async function regressorToOnnx(
  backbone: Backbone,
  heads: readonly LayerStack[],
  attributes: readonly Attribute[],
): Promise<OnnxModel> {
  if (!backbone.toGraph) {
    throw new ModelsError("toOnnx: expected a backbone with toGraph, got one that can't write itself into a graph.");
  }
  const { imageSize } = backbone;
  const graph = new GraphBuilder({ name: "regressor" });
  const images = graph.input("images", ["n", 3, imageSize ?? "height", imageSize ?? "width"]);
  const features = await backbone.toGraph(graph, images);
  const on = new InGraph(graph);
  for (const [k, head] of heads.entries()) {
    graph.output(`attribute_${k}`, head.forward(on, features), ["n", attributes[k]!.classes]);
  }
  graph.output("features", features, ["n", backbone.featureCount]);
  return graph.build();
}

/** x · weight + bias. */
async function linearToGraph(graph: GraphBuilder, x: string, { weight, bias }: Linear): Promise<string> {
  const [w, b] = [floats(weight.shape, await weight.data()), floats(bias.shape, await bias.data())];
  return graph.op("Gemm", [x, graph.constant(w, "weight"), graph.constant(b, "bias")]);
}

/** The CNN: clamp, strided convolutions with ReLU, Linear, ReLU. Its linear layer reads pixels in the order height, width, channel. */
export async function cnnToGraph(
  graph: GraphBuilder,
  images: string,
  convolutions: readonly { filter: Tensor4D; bias: Tensor1D }[],
  linear: Linear,
): Promise<string> {
  let x = graph.op("Clip", [images, graph.float(-1), graph.float(1)]);
  for (const { filter, bias } of convolutions) {
    const weight = graph.constant(channelsFirst(filter.shape, (await filter.data()) as Float32Array), "filter");
    const attributes = { strides: { ints: [2, 2] }, pads: { ints: [1, 1, 1, 1] } };
    x = graph.op("Relu", [
      graph.op("Conv", [x, weight, graph.constant(floats(bias.shape, await bias.data()), "bias")], attributes),
    ]);
  }
  // 0 keeps the images apart: with −1, larger images would pass as more images.
  const flat = graph.reshape(graph.transpose(x, [0, 2, 3, 1]), [0, linear.weight.shape[0]]);
  return graph.op("Relu", [await linearToGraph(graph, flat, linear)]);
}

/** [height, width, inputs, outputs] → [outputs, inputs, height, width]. */
function channelsFirst([height, width, inputs, outputs]: Tensor4D["shape"], values: Float32Array) {
  const taps = height * width;
  const result = new Float32Array(values.length);
  for (let tap = 0; tap < taps; tap++) {
    for (let i = 0; i < inputs; i++) {
      for (let o = 0; o < outputs; o++) result[(o * inputs + i) * taps + tap] = values[(tap * inputs + i) * outputs + o]!;
    }
  }
  return floats([outputs, inputs, height, width], result);
}
