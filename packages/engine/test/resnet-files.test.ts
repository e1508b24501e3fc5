import { readFileSync } from "node:fs";
import { useBackend } from "@latentflow/backend";
import { abs as absolute, add, fill, max, sub, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import { type EngineName, loadModel } from "../src/index.js";

beforeAll(() => useBackend("wasm"));

const read = (name: string) => new Uint8Array(readFileSync(new URL(`../../models/test/reference/${name}`, import.meta.url)));
const generator = () => read("small-rosinality.pt");
const faces = () => read("small-faces.pth");

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

const distance = (a: Tensor, b: Tensor) => tidy(() => max(absolute(sub(a, b))).dataSync()[0]!);

it("a ResNet of a file takes a generator's images of any size, on both engines, also behind a resize that is named", async () => {
  const own = await logitsBy("onnx");
  const size = tidy(() => max(absolute(own)).dataSync()[0]!);
  expect(distance(own, await logitsBy("tfjs"))).toBeLessThan(1e-4 * size);
  const bilinear = await logitsBy("onnx", "bilinear");
  expect(distance(bilinear, await logitsBy("tfjs", "bilinear"))).toBeLessThan(1e-4 * size);
  expect(distance(own, bilinear)).toBeGreaterThan(1e-4 * size);
});
