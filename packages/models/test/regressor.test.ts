import { readFileSync } from "node:fs";
import { useBackend } from "@latentflow/backend";
import { writeSafetensors } from "@latentflow/checkpoints";
import { clipByValue, div, grad, memory, mul, square, sum, type Tensor4D, zeros } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { FactorRegressor } from "../src/index.js";
import { regressorTensors, seededRegressor } from "./networks.js";
import { expectClose, joined, seeded, smallRegressor } from "./reference.js";

beforeAll(() => useBackend("wasm"));

const file = new Uint8Array(readFileSync(new URL("reference/small-regressor.pth", import.meta.url)));

describe("FactorRegressor", () => {
  it("a file of the paper's released code gives PyTorch's features, logits and gradients; its unused head is accepted", async () => {
    const regressor = await FactorRegressor.fromTorch(file);
    const images = mul(seeded("pictures", [2, 64, 64, 3]), 0.7) as Tensor4D;
    expectClose(regressor.features(images), smallRegressor.features, 1e-4);
    expectClose(joined(regressor.logits(images)), smallRegressor.logits, 1e-4);
    const gradient = grad((x) => div(sum(square(joined(regressor.logits(x as Tensor4D)))), 2))(images);
    expectClose(gradient, smallRegressor.gradient);
  });

  it("clamps by itself: images beyond [-1, 1] are those clamped", async () => {
    const regressor = await FactorRegressor.fromTorch(file);
    const images = mul(seeded("pictures", [2, 64, 64, 3]), 3) as Tensor4D;
    expect(joined(regressor.logits(clipByValue(images, -1, 1))).dataSync()).toEqual(joined(regressor.logits(images)).dataSync());
  });

  it("names its attributes", async () => {
    const names = ["a", "b", "c", "d", "e", "f", "g"];
    const { attributes } = await FactorRegressor.fromTorch(file, { attributes: names });
    expect(attributes.map(({ name }) => name)).toEqual(names);
    expect(attributes.map(({ classes }) => classes)).toEqual([6, 6, 2, 3, 3, 40, 40]);
    expect((await FactorRegressor.fromTorch(file)).attributes[6]).toEqual({ name: "attribute 6", classes: 40 });
    await expect(FactorRegressor.fromTorch(file, { attributes: ["a"] })).rejects.toThrow(/expected 7 attribute names/);
  });

  it("reads the same network as one flat sequence", async () => {
    const flat = new Map(
      [...regressorTensors()].map(([name, tensor]) => {
        if (name.startsWith("backbone.2.")) return [name.replace("backbone.2", "backbone.9"), tensor] as const;
        return [name.replace("backbone.0.encoder.", "backbone.").replace("classification_heads", "heads"), tensor] as const;
      }),
    );
    const images = seeded("pictures", [1, 64, 64, 3]) as Tensor4D;
    const a = joined((await FactorRegressor.fromSafetensors(writeSafetensors(flat))).logits(images)).dataSync();
    expect(a).toEqual(joined((await seededRegressor()).logits(images)).dataSync());
  });

  it("refuses other networks, wrong shapes and images of another size", async () => {
    const tensors = regressorTensors();
    tensors.set("classification_heads.1.bias", { dtype: "float32", shape: [5], data: new Float32Array(5) });
    await expect(FactorRegressor.fromSafetensors(writeSafetensors(tensors))).rejects.toThrow(
      /classification_heads\.1\.bias: expected \[6\], got \[5\]/,
    );
    const without = regressorTensors();
    without.delete("classification_heads.3.weight");
    await expect(FactorRegressor.fromSafetensors(writeSafetensors(without))).rejects.toThrow(
      /: 1 tensors missing: classification_heads\.3\.weight \[3, 256\]; expected 24 tensors, got 23/,
    );
    const other = { "fc.weight": { dtype: "float32", shape: [1], data: new Float32Array(1) } } as const;
    await expect(FactorRegressor.fromSafetensors(writeSafetensors(other))).rejects.toThrow(
      /expected the paper's CNN.*got fc\.weight/,
    );
    const regressor = await FactorRegressor.fromTorch(file);
    expect(() => regressor.logits(zeros([1, 32, 32, 3]))).toThrow(/64 × 64 pixels, got 32 × 32/);
  });

  it("leaks no tensor", async () => {
    const before = memory().numTensors;
    const regressor = await FactorRegressor.fromTorch(file);
    const images = seeded("pictures", [1, 64, 64, 3]) as Tensor4D;
    for (const logits of regressor.logits(images)) logits.dispose();
    await expect(FactorRegressor.fromTorch(file, { attributes: ["a"] })).rejects.toThrow();
    images.dispose();
    regressor.dispose();
    expect(memory().numTensors).toBe(before);
  });
});
