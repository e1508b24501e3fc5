import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { findChromium, runInChromium } from "./in-chromium.js";
import type { Findings } from "./page.js";

const chromium = findChromium();
if (!chromium) console.log("test/browser: skipped, no Chromium was found (set the environment variable CHROMIUM to its path).");

describe.skipIf(!chromium)("in headless Chromium", () => {
  let found: Findings;

  beforeAll(async () => {
    const answer = await runInChromium(chromium!, fileURLToPath(new URL("./page.ts", import.meta.url)));
    if ((answer as { failure?: string }).failure) throw new Error((answer as { failure: string }).failure);
    found = answer as Findings;
  });

  it("tfjs on wasm starts, and its gradients equal cpu's", () => {
    expect(found.backends).toEqual(["cpu", "wasm"]);
    expect(found.gradientError).toBeLessThan(1e-5);
  });

  it("onnxModel on onnxruntime-web equals tfjsModel: images, loss terms, gradient with respect to w", () => {
    expect(found.imageError).toBeLessThan(1e-3);
    expect(found.lossError).toBeLessThan(1e-3);
    expect(found.latentGradientError).toBeLessThan(1e-3);
  });

  it("says that onnxruntime-node does not load there", () => {
    expect(found.nativeRuntime).toMatch(/expected onnxruntime-node to be installed/);
  });
});
