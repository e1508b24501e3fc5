/** Trains a flow that makes small objects large, in less than a minute: `npm run example:quickstart`. */
import { useBackend } from "@latentflow/backend";
import { edit, NeuralOdeDirection, trainDirection } from "@latentflow/latent-edit";
import { onnxModel } from "@latentflow/onnx";
import { loadPretrainedScenes } from "@latentflow/scenes";
import * as tf from "@tensorflow/tfjs-core";

await useBackend();
const { generator, regressor, codes, labels } = await loadPretrainedScenes("studio");
const model = await onnxModel({ generator, regressor }); // without onnxruntime-node: tfjsModel({ generator, regressor })

const larger = new NeuralOdeDirection({ latentDim: generator.latentDim, depth: 1 });
const settings = { model, codes, labels, attribute: "object_scale", iterations: 100, learningRate: 0.02 };
const { batches } = await trainDirection(larger, settings);
console.log(`loss ${batches[0]?.total.toFixed(2)} → ${batches.at(-1)?.total.toFixed(2)}`);

const start = tf.slice(codes, [19_900, 0], [100, -1]);
const LARGEST = 3; // of four sizes
const countLarge = async (w: tf.Tensor2D) => tf.sum(tf.equal(tf.argMax((await model.logits(w))[4]!, 1), LARGEST)).dataSync()[0];
console.log(`large objects of 100: ${await countLarge(start)} before, ${await countLarge(edit(start, larger, 6))} after`);
