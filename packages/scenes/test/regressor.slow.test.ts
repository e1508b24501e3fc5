import { useBackend } from "@latentflow/backend";
import type { FactorRegressor } from "@latentflow/models";
import { loadSceneJudge, loadSceneRegressor, type SceneSetName, scenesDataset } from "@latentflow/scenes";
import { renderScenes } from "@latentflow/scenes/node";
import { argMax, div, sub, type Tensor4D, tensor4d, tidy } from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import { EXPORT_SEED, EXPORTED, exportedScenes, HELD_OUT } from "../training/training-set.js";

const COUNT = 4000;
const BATCH = 200;
/** Places on a fine grid: one beside counts as right. */
const FINE = 40;

beforeAll(() => useBackend("wasm"));

it.each([
  ["regressor", "tabletop", loadSceneRegressor],
  ["regressor", "studio", loadSceneRegressor],
  ["judge", "studio", loadSceneJudge],
] as const)("the shipped %s of the %s reads scenes that it never learnt from: 99 % of every factor", async (_, name, load) => {
  const regressor = await load(name);
  const accuracies = await heldOutAccuracies(name, regressor);
  regressor.dispose();
  console.log(name, JSON.stringify(accuracies));
  for (const [factor, accuracy] of Object.entries(accuracies)) expect(accuracy, factor).toBeGreaterThanOrEqual(0.99);
});

async function heldOutAccuracies(name: SceneSetName, regressor: FactorRegressor): Promise<Record<string, number>> {
  const scenes = scenesDataset(name);
  const heldOut = EXPORTED - HELD_OUT;
  const indices = exportedScenes(EXPORTED, EXPORT_SEED, name).slice(heldOut, heldOut + COUNT);
  const images = await renderScenes(indices, { scenes: name });
  const labels = scenes.labels(indices);
  const size = images.length / COUNT;
  const right = scenes.attributes.map(() => 0);
  for (let start = 0; start < COUNT; start += BATCH) {
    const pixels = Float32Array.from(images.subarray(start * size, (start + BATCH) * size));
    const classes = tidy(() => {
      const batch = sub(div(tensor4d(pixels, [BATCH, scenes.size, scenes.size, 3]), 127.5), 1) as Tensor4D;
      return regressor.logits(batch).map((logits) => argMax(logits, 1).dataSync());
    });
    for (const [k, predicted] of classes.entries()) {
      const tolerance = scenes.attributes[k]?.classes === FINE ? 1 : 0;
      predicted.forEach((value, i) => {
        const truth = labels[(start + i) * right.length + k] as number;
        right[k] = (right[k] as number) + Number(Math.abs(value - truth) <= tolerance);
      });
    }
  }
  return Object.fromEntries(scenes.attributes.map((factor, k) => [factor.name, (right[k] as number) / COUNT]));
}
