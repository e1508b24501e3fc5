import { readSafetensors, type TensorData, writeSafetensors } from "@latentflow/checkpoints";
import { SeededRandom } from "@latentflow/core";
import { FactorRegressor, StyleGan2Generator } from "@latentflow/models";
import { floats, GraphBuilder, type OnnxModel } from "@latentflow/onnx";
import * as tf from "@tensorflow/tfjs-core";

/** Untrained networks of 16 px, written by our own toOnnx: what a user's files are made of. */

export const CLASSES = [2, 3, 2];
const D = 6;

export function tinyGenerator(): StyleGan2Generator {
  return StyleGan2Generator.random({ channels: [8, 8, 6], latentDim: D, zDim: D, mappingLayers: 2 }, { seed: 4 });
}

/** The CNN's tensors, biases of the heads such that every class has its share of the generator's pictures. */
export async function tinyRegressorTensors(generator: StyleGan2Generator) {
  const random = new SeededRandom(5);
  const tensors = new Map<string, TensorData & { data: Float32Array<ArrayBuffer> }>();
  const add = (name: string, shape: readonly number[], scale: number) =>
    tensors.set(name, {
      dtype: "float32",
      shape,
      data: new Float32Array(
        random.normals(
          shape.reduce((a, b) => a * b, 1),
          0,
          scale,
        ),
      ),
    });
  [3, 6, 6, 6].forEach((inputs, i) => {
    add(`backbone.0.encoder.${2 * i}.weight`, [6, inputs, 4, 4], 0.25);
    add(`backbone.0.encoder.${2 * i}.bias`, [6], 0.1);
  });
  add("backbone.2.weight", [10, 6], 0.7);
  add("backbone.2.bias", [10], 0.3);
  CLASSES.forEach((classes, k) => {
    add(`classification_heads.${k}.weight`, [classes, 10], 3);
    tensors.set(`classification_heads.${k}.bias`, { dtype: "float32", shape: [classes], data: new Float32Array(classes) });
  });
  const regressor = await FactorRegressor.fromSafetensors(writeSafetensors(tensors));
  const [w, means] = tf.tidy(() => {
    const codes = generator.sample(200, { seed: 11 });
    const logits = regressor.logits(generator.synthesize(codes));
    return [codes, logits.map((values) => tf.neg(tf.mean(values, 0)))] as const;
  });
  for (const [k, mean] of means.entries()) tensors.get(`classification_heads.${k}.bias`)!.data.set(await mean.data<"float32">());
  tf.dispose([w, ...means]);
  regressor.dispose();
  return tensors;
}

/** z → w as the generator maps it. */
export async function mappingGraph(generator: StyleGan2Generator): Promise<OnnxModel> {
  const graph = new GraphBuilder({ name: "mapping" });
  graph.output("w", await mapped(graph, graph.input("z", ["n", D]), generator), ["n", D]);
  return graph.build();
}

/** z → images, as an exporter writes a whole generator. */
export async function wholeGraph(generator: StyleGan2Generator): Promise<OnnxModel> {
  const graph = new GraphBuilder();
  const z = graph.input("z", ["n", D]);
  const w = await mapped(graph, z, generator);
  const batch = graph.slice(graph.op("Shape", [z]), 0, 0, 1);
  const shape = graph.op("Concat", [batch, graph.ints([generator.rowCount, D])], { axis: { int: 0 } });
  const rows = graph.op("Expand", [graph.op("Unsqueeze", [w, graph.ints([1])]), shape]);
  const { images } = graph.inline(generator.toOnnx(), "synthesis/", { w: rows });
  graph.output("images", images!, ["n", 3, 16, 16]);
  return graph.build();
}

async function mapped(graph: GraphBuilder, z: string, generator: StyleGan2Generator): Promise<string> {
  const square = graph.reduce("ReduceMean", graph.op("Mul", [z, z]), [1], true);
  let x = graph.op("Div", [z, graph.op("Sqrt", [graph.op("Add", [square, graph.float(1e-8)])])]);
  const { tensors } = await readSafetensors(generator.toSafetensors());
  const rate = generator.architecture.mappingRate;
  for (let i = 1; i <= generator.architecture.mappingLayers; i++) {
    const scaled = (kind: string, by: number) =>
      Float32Array.from(tensors.get(`style.${i}.${kind}`)!.data as Float32Array, (value) => value * by);
    const w = graph.constant(floats([D, D], scaled("weight", rate / Math.sqrt(D))), "weight");
    const b = graph.constant(floats([D], scaled("bias", rate)), "bias");
    const linear = graph.op("Gemm", [x, w, b], { transB: { int: 1 } });
    x = graph.op("Mul", [graph.op("LeakyRelu", [linear], { alpha: { float: 0.2 } }), graph.float(Math.SQRT2)]);
  }
  return x;
}
