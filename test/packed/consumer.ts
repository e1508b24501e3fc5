/** A user's program: compiled and run in an empty project that has only the packed packages. */
import { strict as assert } from "node:assert";
import { availableBackends, useBackend } from "@latentflow/backend";
import "@latentflow/backend/gradients";
import { readNpy, writeNpy } from "@latentflow/checkpoints";
import { adam, LatentflowError, SeededRandom } from "@latentflow/core";
import { writeJsonAtomic } from "@latentflow/core/files";
import { spearman } from "@latentflow/metrics";
import * as tf from "@tensorflow/tfjs-core";

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

console.log("consumer: every package imported and used");
