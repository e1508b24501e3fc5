import { useBackend } from "@latentflow/backend";
import { writeSafetensors } from "@latentflow/checkpoints";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { JUNK as ANYWHERE, complaint } from "../../../tools/wrong-arguments.js";
import { CnnBackbone, FactorRegressor, ModelsError, StyleGan2Generator, withTruncation } from "../src/index.js";
import { regressorTensors } from "./networks.js";

await useBackend("cpu");

const sizes = { channels: [4, 4], zDim: 8, latentDim: 8, mappingLayers: 2 };
const newGenerator = () => StyleGan2Generator.random(sizes);
const generator = newGenerator();
const { architecture } = generator;
const names = { convolutions: [0, 2, 4, 6].map((i) => `backbone.0.encoder.${i}`), linear: "backbone.2" };
const newBackbone = () => new CnnBackbone(cnnTensors, names);
const cnnTensors = new Map([...regressorTensors()].filter(([name]) => name.startsWith("backbone.")));
const file = writeSafetensors(regressorTensors());
const regressor = await FactorRegressor.fromSafetensors(file);
const backbone = newBackbone();
const heads = [{ weight: new Float32Array(2 * 256), bias: new Float32Array(2) }];
const w = generator.sample(2);
const mean = tf.zeros([8]) as tf.Tensor1D;
const images = tf.zeros([1, 64, 64, 3]) as tf.Tensor4D;
const gone = tf.zeros([2, 8]);
gone.dispose();
const circle: Record<string, unknown> = {};
circle.self = circle;

type Call = readonly [f: (...args: never[]) => unknown, args: readonly unknown[]];
const used = (made: unknown) => tf.dispose(made as tf.TensorContainer) ?? true;
const freed = (made: { dispose(): void }) => made.dispose() ?? true;

/** A right call of every public function and method. */
const calls: Readonly<Record<string, Call>> = {
  StyleGan2Generator: [
    (...args: [never, never]) => freed(new StyleGan2Generator(...args)),
    [architecture, (generator as unknown as { tensors: unknown }).tensors],
  ],
  random: [(...args: never[]) => freed(StyleGan2Generator.random(...args)), [sizes, { seed: 1 }]],
  map: [(z: never) => used(generator.map(z)), [w]],
  sample: [(...args: [never]) => used(generator.sample(...args)), [2, { seed: 1 }]],
  estimateMeanLatent: [(...args: [never]) => used(generator.estimateMeanLatent(...args)), [2, { seed: 1 }]],
  "generator.withTruncation": [(...args: [never]) => generator.withTruncation(...args), [0.7, mean]],
  synthesize: [(...args: [never]) => used(generator.synthesize(...args)), [w, { noise: { seed: 1 } }]],
  withTruncation: [withTruncation, [generator, 0.7, mean]],
  "truncated.synthesize": [(x: never) => used(withTruncation(generator, 0.7, mean).synthesize(x)), [w]],
  fromRosinality: [StyleGan2Generator.fromRosinality, []],
  fromNvlabs: [StyleGan2Generator.fromNvlabs, []],
  "generator.fromSafetensors": [
    async (source: never) => freed(await StyleGan2Generator.fromSafetensors(source)),
    [generator.toSafetensors()],
  ],
  FactorRegressor: [
    (...args: [never, never, never]) => new FactorRegressor(...args) && freed((args as { dispose(): void }[])[0]!),
    [{ featureCount: 256, features: () => tf.zeros([1, 256]), dispose: () => undefined }, heads, { attributes: ["a"] }],
  ],
  fromTorch: [FactorRegressor.fromTorch, []],
  fromSafetensors: [
    async (...args: [never, never]) => freed(await FactorRegressor.fromSafetensors(...args)),
    [file, { attributes: [..."abcdefg"] }],
  ],
  features: [(x: never) => used(regressor.features(x)), [images]],
  logits: [(x: never) => used(regressor.logits(x)), [images]],
  CnnBackbone: [(...args: [never, never]) => freed(new CnnBackbone(...args)), [cnnTensors, names]],
  "backbone.features": [(x: never) => used(tf.tidy(() => backbone.features(x))), [images]],
};
/** Undefined is the default, and {} holds none of the options. */
const MEANT: Readonly<Record<string, readonly string[]>> = {
  "random 0": ["undefined", "{}"],
  "random 1": ["undefined", "{}"],
  "sample 1": ["undefined", "{}"],
  "estimateMeanLatent 0": ["undefined"],
  "estimateMeanLatent 1": ["undefined", "{}"],
  "generator.withTruncation 0": ["-3"],
  "generator.withTruncation 1": ["undefined", "null"],
  "synthesize 1": ["undefined", "{}"],
  "withTruncation 1": ["-3"],
  "FactorRegressor 2": ["undefined", "{}"],
  "fromSafetensors 1": ["undefined", "{}"],
};
const JUNK: typeof ANYWHERE = [
  ...ANYWHERE,
  ["a circle", circle],
  ["a disposed tensor", gone],
  ["a tensor of rank 5", tf.zeros([1, 1, 1, 1, 1])],
];

describe.each(Object.entries(calls))("%s", (name, [f, args]) => {
  it.skipIf(args.length === 0)("takes what is right", async () => {
    await expect((async () => f(...(args as never[])))()).resolves.toBeDefined();
  });

  it("refuses each argument that is missing or of another kind, and leaks nothing", async () => {
    const before = tf.memory().numTensors;
    const complaints: string[] = [];
    const all = args.length === 0 ? [undefined] : args;
    for (const i of all.keys()) {
      for (const [what, junk] of JUNK) {
        if (MEANT[`${name} ${i}`]?.includes(what)) continue;
        const found = await complaint(f, all.with(i, junk));
        if (found) complaints.push(`argument ${i} = ${what}: ${found}`);
      }
    }
    expect(complaints).toEqual([]);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("says what is wrong inside", () => {
  it.each<[string, () => unknown, string]>([
    ["no noise", () => generator.synthesize(w, { noise: null as never }), "synthesize: expected noise to be .* got null"],
    ["a disposed noise", () => generator.synthesize(w, { noise: [gone, gone, gone] }), "noise 0 to be a tensor, got a disposed"],
    ["a seed of words", () => generator.sample(1, { seed: "x" as never }), 'sample: expected seed to be an integer .* got "x"'],
    [
      "no channels",
      () => StyleGan2Generator.random({ channels: null as never }),
      "random: expected sizes to have 2 to 9 numbers",
    ],
    ["channels that hold themselves", () => StyleGan2Generator.random({ channels: [circle] as never }), "2 to 9 numbers"],
    ["missing tensors", () => new StyleGan2Generator(architecture, new Map()), "StyleGan2Generator: .* tensors missing"],
    ["a name for attributes", () => new FactorRegressor(backbone, heads, { attributes: "a" as never }), "an array of names"],
    ["a short weight", () => new FactorRegressor(backbone, [{ ...heads[0]!, weight: new Float32Array(3) }]), "head 0 to have"],
  ])("%s", (_, act, message) => {
    expect(act).toThrow(ModelsError);
    expect(act).toThrow(new RegExp(message));
  });
});

describe("after dispose", () => {
  it.each<[string, (g: StyleGan2Generator) => unknown]>([
    ["map", (g) => g.map(w)],
    ["sample", (g) => g.sample(1)],
    ["estimateMeanLatent", (g) => g.estimateMeanLatent(1)],
    ["withTruncation", (g) => g.withTruncation(0.7)],
    ["synthesize", (g) => g.synthesize(w)],
    ["synthesize", (g) => withTruncation(g, 0.7, mean).synthesize(w)],
  ])("a generator's %s says so (%#)", (name, act) => {
    const before = tf.memory().numTensors;
    const made = newGenerator();
    made.dispose();
    expect(() => act(made)).toThrow(ModelsError);
    expect(() => act(made)).toThrow(`${name}: expected a generator, got one that has been disposed`);
    made.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it("a regressor's and a backbone's methods say so", async () => {
    const made = await FactorRegressor.fromSafetensors(file);
    made.dispose();
    expect(() => made.logits(images)).toThrow("logits: expected a regressor, got one that has been disposed");
    expect(() => made.features(images)).toThrow("features: expected a regressor, got one that has been disposed");
    await expect(made.toOnnx()).rejects.toThrow("toOnnx: expected a regressor, got one that has been disposed");
    const bare = newBackbone();
    bare.dispose();
    expect(() => bare.features(images)).toThrow("features: expected a backbone, got one that has been disposed");
    await expect(bare.toGraph({} as never, "x")).rejects.toThrow(ModelsError);
  });

  it("a mean that was disposed is named", () => {
    const own = tf.zeros([8]);
    const truncated = withTruncation(generator, 0.7, own);
    own.dispose();
    expect(() => truncated.synthesize(w)).toThrow(
      "synthesize: expected the truncation's mean to be a mean of 8 numbers, got a disposed",
    );
  });
});
