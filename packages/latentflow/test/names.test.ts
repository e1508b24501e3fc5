import { readFileSync } from "node:fs";
import { dispose } from "@tensorflow/tfjs-core";
import ts from "typescript";
import { expect, expectTypeOf, it } from "vitest";
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

it("gives programs for browsers the types of what browsers are given", () => {
  const installed = new Map([["/app/node_modules/latentflow/package.json", JSON.stringify(manifest)]]);
  for (const name of ["index", "browser"])
    for (const ending of ["js", "d.ts"]) installed.set(`/app/node_modules/latentflow/dist/${name}.${ending}`, "");
  const host = { fileExists: (path: string) => installed.has(path), readFile: (path: string) => installed.get(path) };
  const typesFor = (customConditions: string[]) => {
    const options = { moduleResolution: ts.ModuleResolutionKind.Bundler, module: ts.ModuleKind.ESNext, customConditions };
    return ts.resolveModuleName("latentflow", "/app/main.ts", options, host).resolvedModule?.resolvedFileName;
  };
  expect(typesFor([])).toMatch(/dist\/index\.d\.ts$/);
  expect(typesFor(["browser"])).toMatch(/dist\/browser\.d\.ts$/);
  expectTypeOf<"runExperiment">().not.toExtend<keyof typeof browser>();
  expectTypeOf<"runExperiment">().toExtend<keyof typeof node>();
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
