import "@latentflow/backend/gradients";
import type { StyleGan2Generator } from "@latentflow/models";
import { GraphBuilder, type OnnxAttributeModel, type OnnxModel, onnxModel } from "@latentflow/onnx";
import * as tf from "@tensorflow/tfjs-core";
import { architectureOf, seededGenerator, seededRegressor } from "../packages/models/test/networks.js";
import { expectClose, type GeneratorCase, joined, seeded } from "../packages/models/test/reference.js";

/** A reference's networks as graphs on ONNX Runtime. */
export interface Networks {
  readonly generator: StyleGan2Generator;
  readonly model: OnnxAttributeModel;
  dispose(): void;
}

export async function networksOf(reference: GeneratorCase): Promise<Networks> {
  const generator = seededGenerator(architectureOf(reference));
  const regressor = reference.logits ? await seededRegressor() : undefined;
  const side = 2 << reference.arguments.channels.length;
  const model = await onnxModel({ generator, regressor: regressor ?? meanColour(side), threads: 2 });
  regressor?.dispose();
  const dispose = () => {
    model.dispose();
    generator.dispose();
  };
  return { generator, model, dispose };
}

/**
 * Holds them to the PyTorch reference that the tfjs path is held to (tools/reference/make_models.py): images, logits, and gradients with respect
 * to w, within 1e-3.
 */
export async function expectPyTorch(reference: GeneratorCase, { generator, model }: Networks): Promise<void> {
  const code = codeOf(generator.map(seeded("codes", reference.z) as tf.Tensor2D), reference);
  expectClose(await model.synthesize(code), reference.images);
  expectClose((await model.lossAndGradient(code, (_, images) => halfSquares(images))).gradient, reference.gradient);
  if (!reference.logits) return;
  expectClose(joined(await model.logits(code)), reference.logits);
  const pulled = await model.lossAndGradient(code, (logits) => halfSquares(joined(logits)));
  expectClose(pulled.gradient, reference["logit gradient"]!);
}

/** Two classes from the mean colour: for generators whose reference has no regressor. */
function meanColour(side: number): OnnxModel {
  const graph = new GraphBuilder();
  const images = graph.input("images", ["n", 3, side, side]);
  const mean = graph.reshape(graph.reduce("ReduceMean", images, [2, 3], false), [-1, 3]);
  graph.output("colour", graph.slice(mean, 1, 0, 2), ["n", 2]);
  return graph.build();
}

const halfSquares = (x: tf.Tensor) => tf.div(tf.sum(tf.square(x)), 2) as tf.Scalar;

/** The code that a case is about. */
function codeOf(w: tf.Tensor2D, { plus, arguments: { channels } }: GeneratorCase): tf.Tensor {
  const [n, d] = w.shape;
  const rows = 2 * channels.length;
  return plus ? tf.tidy(() => tf.add(tf.reshape(w, [n, 1, d]), tf.mul(seeded("w+", [n, rows, d]), 0.3))) : w;
}
