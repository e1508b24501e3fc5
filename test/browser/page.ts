/** Runs in the browser: bundled and served by in-chromium.ts, answers by POST. */
import { useBackend } from "@latentflow/backend";
import "@latentflow/backend/gradients";
import { type LossRequest, SeededRandom } from "@latentflow/core";
import { tfjsModel } from "@latentflow/latent-edit";
import { FactorRegressor, StyleGan2Generator } from "@latentflow/models";
import { OnnxError, OnnxSession, onnxModel } from "@latentflow/onnx";
import * as tf from "@tensorflow/tfjs-core";
import { regressorBytes } from "../onnx-regressor.js";

/** What the page found; every error is the largest difference over the largest value. */
export interface Findings {
  readonly backends: readonly string[];
  readonly gradientError: number;
  readonly imageError: number;
  readonly lossError: number;
  readonly latentGradientError: number;
  readonly nativeRuntime: string;
}

/** Gradient of a small convolutional function with respect to its filter and its input. */
function gradients(): Float32Array {
  return tf.tidy(() => {
    const random = new SeededRandom(1);
    const x = tf.tensor4d(random.normals(2 * 8 * 8 * 3), [2, 8, 8, 3]);
    const filter = tf.tensor4d(random.normals(3 * 3 * 3 * 4), [3, 3, 3, 4]);
    const f = (x: tf.Tensor, filter: tf.Tensor) =>
      tf.sum(tf.square(tf.leakyRelu(tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 2, "same"), 0.2)));
    const parts = tf.grads(f)([x, filter]);
    return tf.concat(parts.map((part) => tf.reshape(part, [-1]))).dataSync() as Float32Array;
  });
}

function error(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  const [a, b] = [Array.from(actual), Array.from(expected)];
  const scale = Math.max(...b.map(Math.abs));
  return a.length === b.length ? Math.max(...a.map((x, i) => Math.abs(x - b[i]!))) / scale : Number.POSITIVE_INFINITY;
}

async function findings(): Promise<Findings> {
  const cpu = await useBackend("cpu");
  const expected = gradients();
  const wasm = await useBackend("wasm", { wasmPaths: "/" });
  const gradientError = error(gradients(), expected);

  const generator = StyleGan2Generator.random(
    { channels: [16, 16, 16, 16, 8], latentDim: 32, zDim: 32, mappingLayers: 2 },
    { seed: 3 },
  );
  const regressor = await FactorRegressor.fromSafetensors(regressorBytes());
  const reference = tfjsModel({ generator, regressor });
  const model = await onnxModel({ generator, regressor, threads: 1 });
  const w = generator.sample(2, { seed: 5 });
  const start = tf.mul(w, 0.5);
  const loss: LossRequest = {
    attributeIndex: 1,
    target: 5,
    originalLogits: await reference.logits(start),
    temperature: 4,
    preservationWeight: 1,
  };
  const [ours, theirs] = [await model.lossAndGradient(w, loss), await reference.lossAndGradient(w, loss)];
  const images = await Promise.all([model, reference].map(async (engine) => (await engine.synthesize(w)).data()));
  const nativeRuntime = await OnnxSession.create(new Uint8Array(), { runtime: "onnxruntime-node" }).then(
    () => "started",
    (cause: unknown) => (cause instanceof OnnxError ? cause.message : `not typed: ${cause}`),
  );
  model.dispose();
  return {
    backends: [cpu.name, wasm.name],
    gradientError,
    imageError: error(images[0]!, images[1]!),
    lossError: error([ours.attributeLoss, ours.preservationLoss], [theirs.attributeLoss, theirs.preservationLoss]),
    latentGradientError: error(await ours.gradient.data(), await theirs.gradient.data()),
    nativeRuntime,
  };
}

const answer = await findings().catch((cause: unknown) => ({ failure: String((cause as Error).stack ?? cause) }));
await fetch("/answer", { method: "POST", body: JSON.stringify(answer) });
