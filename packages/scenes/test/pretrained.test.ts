import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { useBackend } from "@latentflow/backend";
import { writeSafetensors } from "@latentflow/checkpoints";
import {
  loadPretrainedScenes,
  loadSceneGenerator,
  loadSceneJudge,
  loadSceneRegressor,
  SCENE_FACTORS,
  type SceneSetName,
  ScenesError,
  scenesDataset,
} from "@latentflow/scenes";
import { argMax, div, memory, sub, type Tensor4D, tensor4d, tidy } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tinyGenerator } from "./tiny-generator.js";

const regressorFile = new URL("../data/tabletop/regressor.safetensors", import.meta.url);
let folder: string;
let server: Server;
let address: string;

beforeAll(async () => {
  await useBackend("wasm");
  folder = await mkdtemp(join(tmpdir(), "latentflow-scenes-"));
  const labels = Uint8Array.from({ length: 140_000 }, (_, i) => i % 2);
  await writeFile(join(folder, "generator.safetensors"), writeSafetensors(tinyGenerator(1)));
  await writeFile(
    join(folder, "codes.safetensors"),
    writeSafetensors({ labels: { dtype: "uint8", shape: [20_000, 7], data: labels } }),
  );
  await copyFile(regressorFile, join(folder, "regressor.safetensors"));
  server = createServer(async ({ url }, response) => {
    const file = await readFile(join(folder, `${url}`.replace("/served/", ""))).catch(() => undefined);
    response.writeHead(file ? 200 : 404).end(file);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

describe("loadPretrainedScenes", () => {
  it.each(["a folder", "an address, as in browsers"])("gives networks, 20,000 codes and their labels from %s", async (place) => {
    const before = memory().numTensors;
    const from = place === "a folder" ? pathToFileURL(folder) : `${address}/served`;
    const { generator, attributes, meanLatent, codes, labels, dispose } = await loadPretrainedScenes("tabletop", { from });
    expect(attributes).toEqual(SCENE_FACTORS.map(({ name, classes }) => ({ name, classes })));
    expect([generator.latentDim, meanLatent.shape, codes.shape]).toEqual([64, [64], [20_000, 64]]);
    expect([labels.shape, labels.data.length]).toEqual([[20_000, 7], 140_000]);
    dispose();
    expect(memory().numTensors).toBe(before);
  });

  it.each([
    ["a path", "data/scenes"],
    ["nothing", ""],
    ["a number", 3],
  ])("says how to name a folder, given %s", async (_, from) => {
    for (const load of [loadPretrainedScenes, loadSceneGenerator, loadSceneRegressor, loadSceneJudge]) {
      await expect(load("tabletop", { from: from as string })).rejects.toThrow(ScenesError);
      await expect(load("tabletop", { from: from as string })).rejects.toThrow(
        /expected from to be the address of a folder.*pathToFileURL/,
      );
    }
  });

  it("says which file is missing, and keeps no tensors", async () => {
    const before = memory().numTensors;
    await expect(loadPretrainedScenes("tabletop", { from: `${address}/served/elsewhere` })).rejects.toThrow(ScenesError);
    await expect(loadPretrainedScenes("tabletop", { from: `${address}/served/elsewhere` })).rejects.toThrow(
      /codes\.safetensors.*404/,
    );
    await rm(join(folder, "regressor.safetensors"));
    await expect(loadPretrainedScenes("tabletop", { from: pathToFileURL(folder) })).rejects.toThrow(/regressor\.safetensors/);
    expect(memory().numTensors).toBe(before);
  });

  it("refuses options that it does not know", async () => {
    await expect(loadPretrainedScenes("tabletop", { form: "x" } as object)).rejects.toThrow(/known options: from/);
  });
});

it("names the benchmarks that there are", async () => {
  for (const load of [loadPretrainedScenes, loadSceneGenerator, loadSceneRegressor, loadSceneJudge]) {
    await expect(load("kitchen" as SceneSetName)).rejects.toThrow(
      `${load.name}: expected one of tabletop, studio, got "kitchen"`,
    );
  }
});

const READERS = [
  ["regressor", "tabletop", loadSceneRegressor],
  ["regressor", "studio", loadSceneRegressor],
  ["judge", "studio", loadSceneJudge],
] as const;

it.each(READERS)("the %s of the %s reads all factors off rendered scenes", async (_, name, load) => {
  const regressor = await load(name);
  const scenes = scenesDataset(name);
  expect(regressor.attributes).toEqual(scenes.attributes.map((factor) => ({ name: factor.name, classes: factor.classes })));
  const indices = [0, 12_345, 423_456, scenes.length - 1];
  const pixels = Float32Array.from(scenes.images(indices));
  const classes = tidy(() => {
    const images = sub(div(tensor4d(pixels, [indices.length, scenes.size, scenes.size, 3]), 127.5), 1) as Tensor4D;
    return regressor.logits(images).map((logits) => Array.from(argMax(logits, 1).dataSync()));
  });
  expect(indices.map((_index, i) => classes.map((column) => column[i]))).toEqual(
    indices.map((index) => [...scenes.factors(index)]),
  );
  regressor.dispose();
});
