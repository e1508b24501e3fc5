import { readFileSync } from "node:fs";
import { useBackend } from "@latentflow/backend";
import { readSafetensors, type TensorData, writeSafetensors } from "@latentflow/checkpoints";
import {
  abs,
  add,
  matMul,
  max,
  mean,
  memory,
  mul,
  relu,
  sigmoid,
  slice,
  softmax,
  sub,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
  tensor2d,
  tidy,
} from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { type Backbone, FactorRegressor, ModelsError, type RegressorFileOptions } from "../src/index.js";
import { regressorTensors } from "./networks.js";
import reference from "./reference/networks.json" with { type: "json" };
import { expectClose, joined, seeded } from "./reference.js";
import { seededNetwork } from "./seeded-weights.js";

beforeAll(() => useBackend("wasm"));

type Dict = Map<string, TensorData>;

const dictOf = (name: "resnet18, the paper's" | "resnet34, torchvision's" | "resnet18-cifar"): Dict =>
  seededNetwork(Object.entries(reference.regressors[name].shapes).filter(([name]) => !name.endsWith("num_batches_tracked")));
const renamed = (dict: Dict, rename: (name: string) => string): Dict => new Map([...dict].map(([name, t]) => [rename(name), t]));
const read = (dict: Dict, options?: RegressorFileOptions) => FactorRegressor.fromSafetensors(writeSafetensors(dict), options);
const images = (side = 40) => mul(seeded("pictures", [1, side, side, 3]), 0.7) as Tensor4D;

async function logitsOf(dict: Dict, options?: RegressorFileOptions, side?: number): Promise<number[]> {
  const regressor = await read(dict, options);
  const logits = tidy(() => Array.from(joined(regressor.logits(images(side))).dataSync()));
  regressor.dispose();
  return logits;
}

/** A linear layer of seeded numbers. */
const linear = (name: string, outputs: number, inputs: number): Dict =>
  seededNetwork([
    [`${name}.weight`, [outputs, inputs]],
    [`${name}.bias`, [outputs]],
  ]);

/** x · weightᵀ + bias */
function linearly(x: Tensor, tensors: Dict, name: string): Tensor {
  const { shape, data } = tensors.get(`${name}.weight`)!;
  const weight = tensor2d(data as Float32Array, shape as [number, number]);
  return add(matMul(x as Tensor2D, weight, false, true), tensors.get(`${name}.bias`)!.data as Float32Array);
}

it("a file of the paper's regressor for faces, saved under DataParallel, gives PyTorch's features and logits", async () => {
  const file = new Uint8Array(readFileSync(new URL("reference/small-faces.pth", import.meta.url)));
  const regressor = await FactorRegressor.fromTorch(file);
  expect(regressor.architecture).toBe("resnet18");
  tidy(() => {
    const x = mul(seeded("pictures", reference["face file"].images), 0.7) as Tensor4D;
    expectClose(regressor.features(x), reference["face file"].features);
    expectClose(joined(regressor.logits(x)), reference["face file"].logits);
  });
  regressor.dispose();
});

describe("fromTorch finds the architecture from the keys", () => {
  it.each([["module."], ["model."], ["encoder."], ["net.backbone."], ["module.model."]])(
    "under %s, the heads beside or inside",
    async (prefix) => {
      const paper = dictOf("resnet18, the paper's");
      const plain = await logitsOf(paper);
      expect(await logitsOf(renamed(paper, (name) => prefix + name))).toEqual(plain);
      const outside = renamed(paper, (name) =>
        name.startsWith("backbone.") ? name.replace("backbone.", prefix) : `${prefix.replace(/[^.]+\.$/, "")}${name}`,
      );
      expect(await logitsOf(outside)).toEqual(plain);
    },
  );

  it("the paper's CNN under wrappers, too", async () => {
    const tensors = regressorTensors();
    const options = undefined;
    const plain = await logitsOf(tensors, options, 64);
    expect(
      await logitsOf(
        renamed(tensors, (name) => `module.${name}`),
        options,
        64,
      ),
    ).toEqual(plain);
  });

  it("heads as a list, by name, and as sequences", async () => {
    const body = new Map([...dictOf("resnet34, torchvision's")].filter(([name]) => !name.startsWith("fc.")));
    const hairAndSmile = new Map([...body, ...linear("heads.smiling", 2, 32), ...linear("heads.hair", 5, 32)]);
    const classesByName = [
      { name: "smiling", classes: 2 },
      { name: "hair", classes: 5 },
    ];
    // safetensors sorts names; given ones bring the order back, also of a saved file.
    expect((await read(hairAndSmile)).attributes).toEqual([...classesByName].reverse());
    const named = await read(hairAndSmile, { attributes: ["smiling", "hair"] });
    expect(named.attributes).toEqual(classesByName);
    expect((await FactorRegressor.fromSafetensors(named.toSafetensors())).attributes).toEqual(classesByName);
    const deep = [...linear("heads.0.0", 6, 32), ...linear("heads.0.2", 3, 6), ...linear("heads.1.0", 4, 32)];
    const sequences = await read(new Map([...body, ...deep]));
    expect(sequences.attributes.map(({ classes }) => classes)).toEqual([3, 4]);
    // The second sequence's linear layer is its first member, the one of the first head has a ReLU in front.
    tidy(() => {
      const [first] = sequences.logits(images());
      const hidden = relu(linearly(sequences.features(images()), new Map(deep), "heads.0.0"));
      const expected = linearly(hidden, new Map(deep), "heads.0.2");
      const difference = max(abs(sub(expected, first!))).dataSync()[0]!;
      expect(difference).toBeLessThan(1e-4 * max(abs(expected)).dataSync()[0]!);
    });
    named.dispose();
    sequences.dispose();
  });

  it("a head of one logit is two classes: softmax gives its sigmoid", async () => {
    const body = new Map([...dictOf("resnet34, torchvision's")].filter(([name]) => !name.startsWith("fc.")));
    const one = linear("fc", 1, 32);
    const binary = await read(new Map([...body, ...one]), { attributes: ["smiling"] });
    expect(binary.attributes).toEqual([{ name: "smiling", classes: 2 }]);
    tidy(() => {
      const [logits] = binary.logits(images());
      const z = linearly(binary.features(images()), one, "fc");
      const chance = slice(softmax(logits!), [0, 1], [1, 1]).dataSync()[0]!;
      expect(chance).toBeCloseTo(sigmoid(z).dataSync()[0]!, 5);
    });
    const many = new Map([...body, ...linear("fc", 3, 32)]);
    expect((await read(many)).attributes).toEqual([{ name: "attribute 0", classes: 3 }]);
    expect((await read(many, { attributes: ["a", "b", "c"] })).attributes.map(({ classes }) => classes)).toEqual([2, 2, 2]);
    expect((await read(many, { heads: "binary" })).attributes).toHaveLength(3);
  });

  it("says what it expected and found", async () => {
    const paper = dictOf("resnet18, the paper's");
    const without = (pattern: RegExp) => new Map([...paper].filter(([name]) => !pattern.test(name)));
    await expect(read(without(/layer2\.1\.bn2\.running_var/))).rejects.toThrow(
      /1 tensors missing: backbone\.layer2\.1\.bn2\.running_var \[24\]/,
    );
    await expect(read(without(/fc|head/))).rejects.toThrow(/expected heads behind the resnet18 .*, got none/);
    await expect(read(without(/layer[234]/))).rejects.toThrow(/expected .*ResNet.*resnet50.*, got backbone\.bn1\.bias/);
    await expect(read(new Map([...paper, ...linear("extra", 3, 5)]))).rejects.toThrow(
      /extra\.weight: expected \[3, \d+\], got \[3, 5\]/,
    );
    await expect(read(paper, { attributes: ["a"] })).rejects.toThrow(/expected 5 attribute names, one a head, got 1/);
    await expect(read(paper, { preprocessing: { clamp: [1, -1] } })).rejects.toThrow(/expected clamp \[low, high\]/);
    await expect(read(paper, { activation: "gelu" as never })).rejects.toThrow(/expected activation to be one of relu/);
    await expect(read(paper, { size: 3 } as never)).rejects.toThrow(ModelsError);
  });

  it("of the CIFAR network, images on the other side of 32 pixels", async () => {
    const regressor = await read(dictOf("resnet18-cifar"));
    expect(() => regressor.logits(images(32))).toThrow(
      /expected images of more than 32 pixels a side, got 32 × 32\. Load.*imageSize: 32/,
    );
    const small = await read(dictOf("resnet18-cifar"), { imageSize: 32 });
    expect(() => small.logits(images(40))).toThrow(/up to 32 pixels/);
    regressor.dispose();
    small.dispose();
  });
});

describe("preprocessing is part of the model", () => {
  it("is the architecture's own, or the given one, and saved with it to the bit", async () => {
    const paper = dictOf("resnet18, the paper's");
    const own = await read(paper);
    expect(own.preprocessing).toMatchObject({
      clamp: [-1, 1],
      resize: { side: 224, method: "nearest" },
      mean: [0.485, 0.456, 0.406],
    });
    const torchvision = await read(dictOf("resnet34, torchvision's"));
    expect(torchvision.preprocessing).toMatchObject({ resize: { side: 224, method: "antialias" } });
    const given = { resize: { side: 48, method: "bilinear" }, scale: 2 } as const;
    const changed = await read(paper, { preprocessing: given, attributes: ["a", "b", "c", "d", "e"], activation: "leakyRelu" });
    const file = changed.toSafetensors();
    const again = await FactorRegressor.fromSafetensors(file);
    expect(again.preprocessing).toEqual(given);
    expect(again.attributes).toEqual(changed.attributes);
    tidy(() => {
      expect(joined(again.logits(images())).dataSync()).toEqual(joined(changed.logits(images())).dataSync());
    });
    expect((await readSafetensors(file)).metadata.get("architecture")).toBe("resnet18");
    for (const regressor of [own, torchvision, changed, again]) regressor.dispose();
  });

  it("a regressor with a backbone of its own has no file", () => {
    const backbone: Backbone = { featureCount: 3, features: (x) => mean(x, [1, 2]) as Tensor2D, dispose() {} };
    const made = new FactorRegressor(backbone, [[{ weight: new Float32Array(6), bias: new Float32Array(2) }, "tanh"]]);
    expect(() => made.toSafetensors()).toThrow(/read from a file/);
    expect(made.attributes[0]!.classes).toBe(2);
    made.dispose();
  });
});

it("what can't be read leaves no tensor behind", async () => {
  const before = memory().numTensors;
  await expect(read(dictOf("resnet18, the paper's"), { attributes: ["a"] })).rejects.toThrow();
  expect(memory().numTensors).toBe(before);
});
