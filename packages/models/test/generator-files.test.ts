import { readFileSync } from "node:fs";
import { useBackend } from "@latentflow/backend";
import { readTorch, stateDict, type TensorData, writeSafetensors } from "@latentflow/checkpoints";
import { memory, type Tensor2D, tidy } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { describeNetwork, FactorRegressor, ModelsError, StyleGan2Generator } from "../src/index.js";
import { regressorTensors } from "./networks.js";
import reference from "./reference/networks.json" with { type: "json" };
import { expectClose, generatorCases, seeded } from "./reference.js";
import { seededNormals } from "./seeded-weights.js";

beforeAll(() => useBackend("wasm"));

const file = (name: string) => new Uint8Array(readFileSync(new URL(`reference/${name}`, import.meta.url)));
const small = generatorCases["small, rosinality"]!;
const tensors = async () => stateDict(await readTorch(file("small-rosinality.pt")), "g_ema");
const read = (dict: Map<string, TensorData>) => StyleGan2Generator.fromSafetensors(writeSafetensors(dict));
const under = (dict: Map<string, TensorData>, prefix: string) =>
  new Map([...dict].map(([name, t]) => [prefix + name, t] as const));

function expectImages(generator: StyleGan2Generator, images: typeof small.images): void {
  tidy(() => expectClose(generator.synthesize(generator.map(seeded("codes", small.z) as Tensor2D)), images, 1e-4));
  generator.dispose();
}

describe("StyleGAN2 files as others keep them", () => {
  it("the average alone, wrapped and of half precision, gives PyTorch's images", async () => {
    const before = memory().numTensors;
    const generator = await StyleGan2Generator.fromRosinality(file("small-half-average.pt"));
    expect(generator.meanLatent!.dataSync()).toEqual(seededNormals("latent_avg", 8));
    expectImages(generator, reference["half average"]);
    expect(memory().numTensors).toBe(before);
  });

  it.each([["module."], ["generator."], ["module.ema_model."]])("under %s, whatever is beside it", async (prefix) => {
    const dict = await tensors();
    const counter = { dtype: "float32", shape: [1], data: Float32Array.of(9) } as const;
    expectImages(await read(new Map([...under(dict, prefix), ["n_averaged", counter]])), small.images);
  });

  it("of a trained and an averaged generator the averaged one", async () => {
    const dict = await tensors();
    const other = new Map(
      [...dict].map(([name, t]) => [name, { ...t, data: (t.data as Float32Array<ArrayBuffer>).map((x) => 2 * x) }]),
    );
    expectImages(await read(new Map([...under(other as never, "g."), ...under(dict, "g_ema.")])), small.images);
  });
});

describe("a network in another's place says so", () => {
  it("a regressor's file as the generator, and the reverse", async () => {
    await expect(StyleGan2Generator.fromRosinality(file("small-regressor.pth"))).rejects.toThrow(
      /expected a file of a generator, got one that holds the paper's CNN regressor under "model_state_dict": give it as the regressor/,
    );
    await expect(StyleGan2Generator.fromRosinality(file("small-faces.pth"))).rejects.toThrow(/holds a regressor with a ResNet/);
    await expect(read(regressorTensors())).rejects.toThrow(/expected a file of a generator, got one that holds the paper's CNN/);
    await expect(FactorRegressor.fromTorch(file("small-rosinality.pt"))).rejects.toThrow(
      /expected a file of a regressor, got one that holds a StyleGAN2 generator under "g_ema": give it as the generator/,
    );
    await expect(FactorRegressor.fromSafetensors(writeSafetensors(await tensors()))).rejects.toThrow(ModelsError);
  });
});

describe("describeNetwork", () => {
  it("tells a generator's sizes, a regressor's heads, and why what looks like one can't be loaded", async () => {
    const generator = describeNetwork(under(await tensors(), "module."));
    expect(generator).toMatchObject({ role: "generator", name: "StyleGAN2, 32 px" });
    expect(generator?.facts).toContainEqual(["codes", "w [n, 8] or W+ [n, 8, 8], mapped from z [n, 8] by 3 layers"]);
    const regressor = describeNetwork(regressorTensors());
    expect(regressor).toMatchObject({ role: "regressor", name: "cnn with 7 attributes" });
    expect(regressor?.facts).toContainEqual(["images", "64 × 64 px"]);
    const damaged = regressorTensors();
    damaged.delete("backbone.2.bias");
    expect(describeNetwork(damaged)?.problem).toMatch(/1 tensors missing: backbone\.2\.bias \[256\]/);
    expect(describeNetwork(new Map())).toBeNull();
  });
});
