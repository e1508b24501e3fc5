import { readFileSync } from "node:fs";
import { useBackend } from "@latentflow/backend";
import { writeSafetensors } from "@latentflow/checkpoints";
import { FactorRegressor } from "@latentflow/models";
import { abs as absolute, add, fill, max, memory, sub, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import reference from "../../models/test/reference/networks.json" with { type: "json" };
import { seededNetwork } from "../../models/test/seeded-weights.js";
import { type EngineName, loadModel } from "../src/index.js";
import { tinyGenerator } from "./tiny-networks.js";

beforeAll(() => useBackend("wasm"));

const distance = (a: Tensor, b: Tensor) => tidy(() => max(absolute(sub(a, b))).dataSync()[0]!);

const read = (name: string) => new Uint8Array(readFileSync(new URL(`../../models/test/reference/${name}`, import.meta.url)));
const generator = () => read("small-rosinality.pt");
const faces = () => read("small-faces.pth");

it.each(["onnx", "tfjs"] as const)(
  "resnet18-cifar has the strides of its generator's images, up to 32 px, on %s",
  async (engine) => {
    const generator = tinyGenerator();
    const shapes = Object.entries(reference.regressors["resnet18-cifar, 32 px"].shapes).filter(
      ([name]) => !name.endsWith("tracked"),
    );
    const file = writeSafetensors(seededNetwork(shapes));
    const before = memory().numTensors;
    const model = await loadModel({ generator: generator.toSafetensors(), regressor: file }, { engine });
    const own = await FactorRegressor.fromSafetensors(file, { imageSize: 16 });
    const w = generator.sample(2, { seed: 1 });
    const logits = await model.logits(w);
    const expected = tidy(() => own.logits(generator.synthesize(w)));
    const size = tidy(() => max(absolute(expected[0]!)).dataSync()[0]!);
    expect(distance(logits[0]!, expected[0]!)).toBeLessThan(1e-4 * size);
    for (const tensor of [w, ...logits, ...expected]) tensor.dispose();
    own.dispose();
    model.dispose();
    expect(memory().numTensors).toBe(before);
    generator.dispose();
  },
);

/** First attribute's logits of a code, by one engine. */
async function logitsBy(engine: EngineName, resize?: "bilinear" | "area"): Promise<Tensor> {
  const regressor = resize === undefined ? faces() : { file: faces(), resize };
  const model = await loadModel({ generator: generator(), regressor }, { engine });
  const w = tidy(() => add(fill([2, 8], 0.25), 0));
  const [first, ...others] = await model.logits(w);
  for (const tensor of [w, ...others]) tensor.dispose();
  model.dispose();
  return first!;
}

it("a ResNet of a file takes a generator's images of any size, on both engines, also behind a resize that is named", async () => {
  const own = await logitsBy("onnx");
  const size = tidy(() => max(absolute(own)).dataSync()[0]!);
  expect(distance(own, await logitsBy("tfjs"))).toBeLessThan(1e-4 * size);
  const bilinear = await logitsBy("onnx", "bilinear");
  expect(distance(bilinear, await logitsBy("tfjs", "bilinear"))).toBeLessThan(1e-4 * size);
  expect(distance(own, bilinear)).toBeGreaterThan(1e-4 * size);
});
