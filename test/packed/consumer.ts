/** A user's program: compiled and run in an empty project that has only the packed packages. */
import { strict as assert } from "node:assert";
import { availableBackends, useBackend } from "@latentflow/backend";
import "@latentflow/backend/gradients";
import { readNpy, writeNpy } from "@latentflow/checkpoints";
import { LatentflowError, SeededRandom } from "@latentflow/core";
import { writeJsonAtomic } from "@latentflow/core/files";
import { adam } from "@latentflow/core/optim";
import { resolveConfig } from "@latentflow/experiments";
import { LinearDirection, NeuralOdeDirection } from "@latentflow/latent-edit";
import { trainDirections } from "@latentflow/latent-edit/workers";
import { spearman } from "@latentflow/metrics";
import { FactorRegressor, StyleGan2Generator } from "@latentflow/models";
import { odeint } from "@latentflow/ode";
import * as float64 from "@latentflow/ode/float64";
import * as onnx from "@latentflow/onnx";
import { renderScene, SCENE_FACTORS } from "@latentflow/scenes";
import * as tf from "@tensorflow/tfjs-core";
import { loadModel } from "latentflow";

const info = await useBackend();
assert.equal(info.name, "wasm");
assert.ok((await availableBackends()).length >= 2);

const gradient = tf.grad((x) => tf.sum(tf.square(x)))(tf.tensor1d([1, 2, 3]));
assert.deepEqual(Array.from(gradient.dataSync()), [2, 4, 6]);

const state = adam({ learningRate: 0.1 }).init([new SeededRandom(1).normalTensor([2, 2])]);
assert.equal(state.step, 0);
assert.throws(() => adam({ beta1: 2 }), LatentflowError);
await writeJsonAtomic("out.json", { backend: info.name });

const array = await readNpy(writeNpy({ shape: [3], dtype: "float32", data: new Float32Array([1, 2, 3]) }));
assert.deepEqual([...array.shape], [3]);
assert.ok(Math.abs(spearman([1, 2, 3, 4], [1, 2, 4, 3]).rho - 0.8) < 1e-12);

const y = odeint((_t, state) => -state, 1, [0, 1]);
assert.ok(Math.abs(y[1]! - Math.exp(-1)) < 1e-6);

assert.deepEqual(
  float64.odeint((_t, state) => -state, 1, [0, 1]),
  y,
);

const flow = new NeuralOdeDirection({ latentDim: 4, depth: 1 });
const start = tf.zeros<tf.Rank.R2>([2, 4]);
assert.deepEqual(flow.flow(start, 2).shape, [2, 4]);
assert.equal(new LinearDirection([3, 4]).latentDim, 2);
assert.equal(typeof trainDirections, "function");
assert.equal(typeof StyleGan2Generator.fromRosinality, "function");
assert.equal(typeof FactorRegressor.fromTorch, "function");
assert.equal(typeof onnx.readOnnx, "function");
assert.equal(resolveConfig({ preset: "quick" }).train.iterations, 30);
assert.equal(SCENE_FACTORS.length, 7);
assert.equal(typeof renderScene, "function");

const model = await loadModel("tabletop");
const images = await model.synthesize(await model.sample(2));
assert.deepEqual(images.shape, [2, 64, 64, 3]);
model.dispose();

console.log("consumer: every package imported and used");
