import { useBackend } from "@latentflow/backend";
import { writeSafetensors } from "@latentflow/checkpoints";
import { onnxModel } from "@latentflow/onnx";
import { div, grad, memory, square, sum, type Tensor, type Tensor2D, tidy } from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { FactorRegressor } from "../src/index.js";
import { architectureOf, seededGenerator } from "./networks.js";
import reference from "./reference/networks.json" with { type: "json" };
import { expectClose, generatorCases, joined, seeded } from "./reference.js";
import { seededNetwork } from "./seeded-weights.js";

/** The paper's networks for faces with weights from their names: a 256 px StyleGAN2 and ResNet18 at 224 with 40 heads. */
async function pair() {
  const shapes = Object.entries(reference.pair.shapes).filter(([name]) => !name.endsWith("num_batches_tracked"));
  const regressor = await FactorRegressor.fromSafetensors(writeSafetensors(seededNetwork(shapes)));
  const generator = seededGenerator(architectureOf(generatorCases["256 px"]!));
  return { generator, regressor, w: tidy(() => generator.map(seeded("codes of the pair", [1, 512]) as Tensor2D)) };
}

it("the pair for faces gives PyTorch's images, features, logits and gradient on wasm", async () => {
  await useBackend("wasm");
  const { generator, regressor, w } = await pair();
  const before = memory().numTensors;
  tidy(() => {
    const images = generator.synthesize(w);
    expectClose(images, reference.pair.images);
    expectClose(regressor.features(images), reference.pair.features);
    expectClose(joined(regressor.logits(images)), reference.pair.logits);
    const half = (w: Tensor) => div(sum(square(joined(regressor.logits(generator.synthesize(w))))), 2);
    expectClose(grad(half)(w), reference.pair.gradient);
  });
  expect(memory().numTensors).toBe(before);
  for (const part of [generator, regressor]) part.dispose();
});

it("and on ONNX Runtime", async () => {
  await useBackend("cpu");
  const { generator, regressor, w } = await pair();
  const model = await onnxModel({ generator, regressor });
  expectClose(await model.synthesize(w), reference.pair.images);
  expectClose(await model.features!(w), reference.pair.features);
  expectClose(joined(await model.logits(w)), reference.pair.logits);
  const { gradient } = await model.lossAndGradient(w, (logits) => div(sum(square(joined(logits))), 2));
  expectClose(gradient, reference.pair.gradient);
  model.dispose();
  for (const part of [generator, regressor]) part.dispose();
});
