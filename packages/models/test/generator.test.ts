import { readFileSync } from "node:fs";
import { useBackend } from "@latentflow/backend";
import { writeSafetensors } from "@latentflow/checkpoints";
import {
  abs,
  add,
  max,
  mean as mean0,
  memory,
  mul,
  reshape,
  sub,
  type Tensor,
  type Tensor2D,
  tensor1d,
  tidy,
  zeros,
} from "@tensorflow/tfjs-core";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ModelsError, StyleGan2Generator, withTruncation } from "../src/index.js";
import { styleGan2Shapes } from "../src/stylegan2/architecture.js";
import { architectureOf, seededGenerator } from "./networks.js";
import { expectClose, generatorCases, seeded } from "./reference.js";
import { seededTensors } from "./seeded-weights.js";

beforeAll(() => useBackend("wasm"));

const file = (name: string) => new Uint8Array(readFileSync(new URL(`reference/${name}`, import.meta.url)));
const small = generatorCases["small, rosinality"]!;
const clamped = generatorCases["small, NVlabs, clamped"]!;

/** W+ codes of the reference case. */
function plusCode(w: Tensor2D, rows: number): Tensor {
  const [n, d] = w.shape;
  return add(reshape(w, [n, 1, d]), mul(seeded("w+", [n, rows, d]), 0.3));
}

describe("files", () => {
  it("a training file of rosinality's layout gives PyTorch's pictures", async () => {
    const generator = await StyleGan2Generator.fromRosinality(file("small-rosinality.pt"));
    expect(generator.architecture).toEqual(architectureOf(small));
    expectClose(generator.synthesize(generator.map(seeded("codes", small.z) as Tensor2D)), small.images, 1e-4);
  });

  it("a pickle of NVlabs' layout gives PyTorch's pictures, clamp included", async () => {
    const generator = await StyleGan2Generator.fromNvlabs(file("small-nvlabs.pkl"));
    expect(generator.architecture).toEqual(architectureOf(clamped));
    expect(generator.meanLatent?.shape).toEqual([8]);
    const w = generator.map(seeded("codes", clamped.z) as Tensor2D);
    expectClose(generator.synthesize(plusCode(w, generator.rowCount)), clamped.images, 1e-4);
  });

  it.each(["small-rosinality.pt", "small-nvlabs.pkl"])("safetensors keeps %s to the bit", async (name) => {
    const from = name.endsWith(".pkl") ? StyleGan2Generator.fromNvlabs : StyleGan2Generator.fromRosinality;
    const generator = await from(file(name));
    const again = await StyleGan2Generator.fromSafetensors(generator.toSafetensors());
    expect(again.architecture).toEqual(generator.architecture);
    const w = generator.sample(2, { seed: 3 });
    expect(again.synthesize(w).dataSync()).toEqual(generator.synthesize(w).dataSync());
    expect(again.meanLatent?.dataSync()).toEqual(generator.meanLatent?.dataSync());
  });

  it("the style weights are the modulations of all convolutions, those to RGB left out, as the file has them", async () => {
    const tensors = seededTensors(styleGan2Shapes(architectureOf(small)));
    const generator = await StyleGan2Generator.fromSafetensors(writeSafetensors(tensors));
    const weights = generator.styleWeights();
    // One convolution at 4 × 4, two at each size above.
    expect(weights).toHaveLength(2 * Math.log2(generator.architecture.resolution) - 3);
    const names = ["conv1", "convs.0", "convs.1"].map((layer) => `${layer}.conv.modulation.weight`);
    expect(weights.slice(0, 3)).toEqual(
      names.map((name) => ({ data: tensors.get(name)!.data, shape: tensors.get(name)!.shape.slice(0, 2) })),
    );
    weights[0]!.data.fill(0);
    generator.dispose();
    expect(generator.styleWeights()[0]!.data).toEqual(tensors.get(names[0]!)!.data);
  });

  it("a bare state dict as safetensors is read, too", async () => {
    const tensors = seededTensors(styleGan2Shapes(architectureOf(small)));
    const generator = await StyleGan2Generator.fromSafetensors(writeSafetensors(tensors));
    expect(generator.architecture).toEqual(architectureOf(small));
  });
});

describe("refuses, with what was expected and what was found", () => {
  const tensorsOf = () => seededTensors(styleGan2Shapes(architectureOf(small)));
  const reading = (tensors: ReturnType<typeof tensorsOf>) => StyleGan2Generator.fromSafetensors(writeSafetensors(tensors));

  it("missing, surplus and misshapen tensors, in one error", async () => {
    const tensors = tensorsOf();
    tensors.delete("convs.1.conv.modulation.bias");
    tensors.delete("to_rgbs.0.bias");
    tensors.set("surprise", { dtype: "float32", shape: [1], data: new Float32Array(1) });
    tensors.set("conv1.activate.bias", { dtype: "float32", shape: [5], data: new Float32Array(5) });
    const error = await reading(tensors).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ModelsError);
    const { message } = error as Error;
    expect(message).toMatch(/2 tensors missing: convs\.1\.conv\.modulation\.bias \[\d+\], to_rgbs\.0\.bias \[1, 3, 1, 1\]/);
    expect(message).toMatch(/1 tensors not known: surprise/);
    expect(message).toMatch(/conv1\.activate\.bias: expected \[12\], got \[5\]/);
  });

  it("a missing tensor that carries a size, as missing", async () => {
    const tensors = tensorsOf();
    for (const name of ["style.2.weight", "convs.2.conv.weight"]) tensors.delete(name);
    await expect(reading(tensors)).rejects.toThrow(
      /: 2 tensors missing: style\.2\.weight \[8, 8\], convs\.2\.conv\.weight \[1, 8, 10, 3, 3\]; expected/,
    );
  });

  it("another network", async () => {
    await expect(reading(new Map([["fc.weight", { dtype: "float32", shape: [1], data: new Float32Array(1) }]]))).rejects.toThrow(
      /expected a tensor style\.1\.weight, got 1 others: fc\.weight/,
    );
  });

  it.each([
    ["{", "the form of JSON"],
    ["null", "2 to 9 numbers of channels"],
    ['{"channels": [4, 1e99], "resolution": 8}', "2 to 9 numbers of channels"],
    ['{"channels": [4, 4], "resolution": 16}', "resolution 8"],
    ['{"channels": [4, 4], "resolution": 8, "zDim": 4, "latentDim": 4, "mappingLayers": 1e12}', "1 to 64 mappingLayers"],
  ])("a file with the architecture %s", async (architecture, expected) => {
    const file = writeSafetensors({}, { format: "latentflow StyleGAN2", architecture });
    await expect(StyleGan2Generator.fromSafetensors(file)).rejects.toThrow(
      `fromSafetensors: expected the file's architecture to have ${expected}`,
    );
  });

  it.each<[object, RegExp]>([
    [{ chanels: [4, 4] }, /random: unknown option.*did you mean "channels"/],
    [{ resolution: 256 }, /random: expected sizes to have resolution 64, as its channels say/],
    [{ channels: [4] }, /2 to 9 numbers of channels/],
    [{ channels: [4, 0] }, /2 to 9 numbers of channels/],
    [{ channels: [4, 4], mappingLayers: 0 }, /1 to 64 mappingLayers/],
  ])("untrained generators of sizes %o", (sizes, message) => {
    expect(() => StyleGan2Generator.random(sizes)).toThrow(message);
  });

  it("another resampling filter", async () => {
    const tensors = tensorsOf();
    tensors.set("convs.0.conv.blur.kernel", { dtype: "float32", shape: [4, 4], data: new Float32Array(16).fill(1 / 4) });
    await expect(reading(tensors)).rejects.toThrow(/convs\.0\.conv\.blur\.kernel to be the filter \[1, 3, 3, 1\]/);
  });
});

describe("codes and noise", () => {
  let generator: StyleGan2Generator;
  beforeEach(() => {
    generator = seededGenerator(architectureOf(small));
    return () => generator.dispose();
  });

  it("W is W+ with equal rows", () => {
    const w = generator.sample(2, { seed: 1 });
    const plus = add(reshape(w, [2, 1, 8]), zeros([2, generator.rowCount, 8]));
    expect(generator.synthesize(plus).dataSync()).toEqual(generator.synthesize(w).dataSync());
  });

  it("sample and estimateMeanLatent repeat with their seed, and only with it", () => {
    expect(generator.sample(3, { seed: 5 }).dataSync()).toEqual(generator.sample(3, { seed: 5 }).dataSync());
    expect(generator.sample(3, { seed: 5 }).dataSync()).not.toEqual(generator.sample(3, { seed: 6 }).dataSync());
    const mean = generator.estimateMeanLatent(1000, { seed: 2 });
    const codes = generator.sample(1000, { seed: 2 });
    const difference = max(abs(sub(mean0(codes, 0), mean))).dataSync()[0]!;
    expect(difference).toBeLessThan(1e-5);
    expect(generator.estimateMeanLatent(1000, { seed: 2 }).dataSync()).toEqual(mean.dataSync());
  });

  it("fixed noise repeats; fresh noise follows its seed; given maps equal to the file's are the file's", () => {
    const w = generator.sample(2, { seed: 1 });
    const picture = (options = {}) => Array.from(generator.synthesize(w, options).dataSync());
    expect(picture()).toEqual(picture({ noise: "fixed" }));
    expect(picture({ noise: { seed: 1 } })).toEqual(picture({ noise: { seed: 1 } }));
    expect(picture({ noise: { seed: 1 } })).not.toEqual(picture({ noise: { seed: 2 } }));
    const maps = [4, 8, 8, 16, 16, 32, 32].map((side, i) => seeded(`noises.noise_${i}`, [side, side]));
    const given = picture({ noise: maps });
    picture().forEach((x, i) => void expect(given[i]).toBeCloseTo(x, 4));
    const none = picture({ noise: maps.map((map) => mul(map, 0)) });
    picture({ noise: "none" }).forEach((x, i) => void expect(none[i]).toBeCloseTo(x, 4));
    expect(() => picture({ noise: maps.slice(1) })).toThrow(/expected 7 noise maps/);
    expect(() => picture({ noise: [...maps.slice(1), maps[0]] })).toThrow(/noise 0 to be \[4, 4\]/);
    expect(() => picture({ noise: "fresh" })).toThrow(/expected noise to be/);
  });

  it("truncation 1 changes nothing, 0 gives the mean's picture, and it acts on every row", () => {
    const mean = generator.estimateMeanLatent(200);
    const w = generator.sample(2, { seed: 1 });
    const full = generator.withTruncation(1, mean).synthesize(w).dataSync();
    generator
      .synthesize(w)
      .dataSync()
      .forEach((x, i) => void expect(full[i]).toBeCloseTo(x, 4));
    const none = withTruncation(generator, 0, mean).synthesize(w).dataSync();
    const ofMean = generator.synthesize(reshape(mean, [1, 8])).dataSync();
    ofMean.forEach((x, i) => void expect(none[i]).toBeCloseTo(x, 4));
    expect(generator.withTruncation(0.7).rowCount).toBe(generator.rowCount);
    expect(() => withTruncation(generator, 0.7, tensor1d([1, 2]))).toThrow(/a mean of 8 numbers/);
  });

  it("codes of another shape are refused", () => {
    expect(() => generator.synthesize(zeros([2, 9]))).toThrow(/expected w \[n, 8\] or \[n, 8, 8\], got \[2, 9\]/);
    expect(() => generator.sample(2.5)).toThrow(ModelsError);
    expect(() => generator.synthesize(zeros([0, 8]))).toThrow(/got \[0, 8\]; n is at least 1/);
    expect(() => generator.map(zeros([2, 9]))).toThrow(/expected z \[n, 8\]/);
    expect(() => generator.synthesize(zeros([2, 8]), { nois: "none" } as object)).toThrow(/did you mean "noise"/);
  });
});

it("leaks no tensor: made, used, differentiated, disposed", () => {
  const before = memory();
  const generator = seededGenerator({ ...architectureOf(small), channels: [64, 64, 64], resolution: 16 });
  tidy(() => {
    const w = generator.sample(1);
    generator.synthesize(w, { noise: { seed: 1 } });
    generator.withTruncation(0.5).synthesize(w);
  });
  const w = generator.sample(1);
  const counted = memory().numTensors;
  generator.withTruncation(0.5).synthesize(w).dispose();
  expect(memory().numTensors).toBe(counted);
  w.dispose();
  generator.dispose();
  expect(memory().numTensors).toBe(before.numTensors);
  expect(memory().numDataBuffers).toBe(before.numDataBuffers);
});
