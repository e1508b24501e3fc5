import { readFileSync } from "node:fs";
import { dispose } from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import * as browser from "../src/browser.js";
import * as node from "../src/index.js";

const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

it("Node is given what browsers are given, and the pipeline", () => {
  expect(Object.keys(node)).toEqual(expect.arrayContaining(Object.keys(browser)));
  const more = Object.keys(node).filter((name) => !(name in browser));
  expect(more.sort()).toEqual(["defineExperiment", "reportExperiment", "runExperiment", "verifyExperiment"]);
  for (const value of Object.values(node)) expect(value).toBeDefined();
});

it("leaves the pipeline, and with it Node, out of browsers' bundles", () => {
  const { browser: file, default: whole } = manifest.exports["."];
  expect([file, whole]).toEqual(["./dist/browser.js", "./dist/index.js"]);
  expect(readFileSync(new URL("../src/browser.ts", import.meta.url), "utf8")).not.toMatch(
    /experiments|node:|\/files"|\/workers"/,
  );
});

it("trains and edits with names of its own alone", async () => {
  const { edit, loadModel, NeuralOdeDirection, trainDirection } = browser;
  const model = await loadModel("tabletop");
  const codes = await model.sample(60, { seed: 0 });
  const larger = new NeuralOdeDirection({ latentDim: model.latentDim, depth: 1 });
  await trainDirection(larger, { model, codes, attribute: "object_size", iterations: 2, batchSize: 4 });
  const edited = edit(codes, larger, 4);
  const images = await model.synthesize(edited);
  expect(images.shape).toEqual([60, 64, 64, 3]);
  dispose([codes, edited, images]);
  larger.dispose();
  model.dispose();
});
