import { fileURLToPath } from "node:url";
import { useBackend } from "@latentflow/backend";
import { loadPretrainedScenes } from "@latentflow/scenes";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { findChromium, runInChromium } from "./in-chromium.js";
import type { PretrainedFindings } from "./pretrained-page.js";

const chromium = findChromium();
if (!chromium) console.log("test/browser: skipped, no Chromium was found (set the environment variable CHROMIUM to its path).");

describe.skipIf(!chromium)("pretrained scenes in headless Chromium", () => {
  let found: PretrainedFindings;

  beforeAll(async () => {
    const page = fileURLToPath(new URL("./pretrained-page.ts", import.meta.url));
    const answer = await runInChromium(chromium!, page);
    if ((answer as { failure?: string }).failure) throw new Error((answer as { failure: string }).failure);
    found = answer as PretrainedFindings;
  });

  it("files are read from responses and Blobs; a missing one is an error that says so", () => {
    expect(found.tensors[0]).toBeGreaterThan(10);
    expect(found.tensors[1]).toBe(found.tensors[0]);
    expect(found.missingFile).toMatch(/^true readSafetensors: expected a successful response, got HTTP status 404/);
  });

  it("the pictures are those that Node makes, their classes the stored labels, and nothing is left behind", async () => {
    expect(found.classes).toEqual(found.labels);
    expect(found.tensorsLeft).toBe(0);
    await useBackend("wasm");
    const scenes = await loadPretrainedScenes();
    const count = found.labels.length / scenes.attributes.length;
    const expected = tf.tidy(() => scenes.generator.synthesize(tf.slice(scenes.codes, 0, count)).dataSync());
    scenes.dispose();
    expect(found.pictures.length).toBe(expected.length);
    const worst = found.pictures.reduce((most, x, i) => Math.max(most, Math.abs(x - expected[i]!)), 0);
    expect(worst).toBeLessThan(1e-5);
  });
});
