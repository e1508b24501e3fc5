import { useBackend } from "@latentflow/backend";
import { loadSceneRegressor, SCENE_FACTORS, scenesDataset } from "@latentflow/scenes";
import { renderScenes } from "@latentflow/scenes/node";
import { argMax, div, sub, type Tensor4D, tensor4d, tidy } from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import { EXPORTED, exportedScenes, HELD_OUT } from "../training/training-set.js";

const COUNT = 4000;
const BATCH = 200;

beforeAll(() => useBackend("wasm"));

it("the shipped regressor reads scenes that it never learnt from: 99 % on the small factors, 90 % within one place on the positions", async () => {
  const heldOut = EXPORTED - HELD_OUT;
  const indices = exportedScenes().slice(heldOut, heldOut + COUNT);
  const images = await renderScenes(indices);
  const labels = scenesDataset().labels(indices);
  const regressor = await loadSceneRegressor();
  const size = images.length / COUNT;
  const right = SCENE_FACTORS.map(() => 0);
  for (let start = 0; start < COUNT; start += BATCH) {
    const pixels = Float32Array.from(images.subarray(start * size, (start + BATCH) * size));
    const classes = tidy(() => {
      const batch = sub(div(tensor4d(pixels, [BATCH, 64, 64, 3]), 127.5), 1) as Tensor4D;
      return regressor.logits(batch).map((logits) => argMax(logits, 1).dataSync());
    });
    for (const [k, predicted] of classes.entries()) {
      const tolerance = SCENE_FACTORS[k]?.classes === 40 ? 1 : 0;
      predicted.forEach((value, i) => {
        const truth = labels[(start + i) * SCENE_FACTORS.length + k] as number;
        right[k] = (right[k] as number) + Number(Math.abs(value - truth) <= tolerance);
      });
    }
  }
  regressor.dispose();
  const accuracies = right.map((n) => n / COUNT);
  console.log(SCENE_FACTORS.map(({ name }, k) => `${name} ${accuracies[k]?.toFixed(4)}`).join(", "));
  for (const accuracy of accuracies.slice(0, 5)) expect(accuracy).toBeGreaterThanOrEqual(0.99);
  for (const accuracy of accuracies.slice(5)) expect(accuracy).toBeGreaterThanOrEqual(0.9);
});
