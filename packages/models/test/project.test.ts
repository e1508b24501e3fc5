import { useBackend } from "@latentflow/backend";
import { AbortError, type AttributeModel, type Generator } from "@latentflow/core";
import { onnxModel } from "@latentflow/onnx";
import {
  add,
  memory,
  mul,
  reshape,
  slice,
  sub,
  type Tensor,
  type Tensor3D,
  type Tensor4D,
  tidy,
  zeros,
} from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FactorRegressor, imageDistances, PyramidDistance, project, type StyleGan2Generator } from "../src/index.js";
import { normalized, regularization, startingMaps } from "../src/projector/noise-maps.js";
import { OnnxObjective } from "../src/projector/onnx-objective.js";
import { codeNoiseAt, learningRateAt } from "../src/projector/schedule.js";
import { ModelObjective, TfjsObjective } from "../src/projector/tfjs-objective.js";
import { architectureOf, seededGenerator } from "./networks.js";
import { seeded } from "./reference.js";

let generator: StyleGan2Generator;
let targets: Tensor4D;
beforeAll(async () => {
  await useBackend("wasm");
  generator = seededGenerator(architectureOf({ arguments: { channels: [16, 16, 8], latent: 8, z: 8, mapping: 2 } }));
  targets = generator.synthesize(generator.sample(2, { seed: 5 }));
});
afterAll(() => generator.dispose());

const numbers = (tensor: Tensor) => Array.from(tensor.dataSync());
/** Largest difference as a part of the largest value. */
function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const largest = Math.max(...Array.from(b, Math.abs));
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!))) / largest;
}

/** A model around the generator; what its regressor reads does not matter here. */
function modelOf(part: StyleGan2Generator): Promise<AttributeModel> {
  const backbone = {
    featureCount: 3,
    imageSize: 16,
    features: () => zeros([1, 3]) as never,
    toGraph: async (graph: never, images: string) =>
      (graph as { reduce(...of: unknown[]): string }).reduce("ReduceMean", images, [2, 3], false),
    dispose() {},
  };
  const heads = [{ weight: new Float32Array(6), bias: new Float32Array(2) }];
  return onnxModel({ generator: part, regressor: new FactorRegressor(backbone, heads), threads: 1 });
}

describe("project", () => {
  it.each(["onnx", "tfjs"] as const)(
    "finds codes whose images are nearer, the same alone and in a batch, and leaks nothing (%s)",
    async (engine) => {
      const settings = { engine, steps: 40, candidates: 16, seed: 3, threads: 1, ...(engine === "tfjs" && { threads: 1 }) };
      const before = memory().numTensors;
      const both = await project(targets, generator, settings);
      expect(both.engine).toBe(engine);
      expect(both.codes.shape).toEqual([2, 8]);
      for (const [i, distance] of both.distances.entries()) expect(distance).toBeLessThan(0.2 * both.startDistances[i]!);
      const measured = numbers(imageDistances(both.images, targets, new PyramidDistance()));
      expect(difference(measured, both.distances)).toBeLessThan(1e-3);
      const second = tidy(() => reshape(slice(targets, [1, 0, 0, 0], [1, 16, 16, 3]), [16, 16, 3]) as Tensor3D);
      const alone = await project(second, generator, settings);
      expect(difference(numbers(alone.codes), numbers(both.codes).slice(8))).toBeLessThan(1e-2);
      second.dispose();
      alone.dispose();
      both.dispose();
      expect(memory().numTensors - before).toBe(1); // what imageDistances gave
    },
  );

  it("in W+ comes nearer than in W, and a start of one's own is where it begins", async () => {
    const steps = { steps: 40, candidates: 0, engine: "onnx", threads: 1 } as const;
    const rows = add(reshape(generator.sample(2, { seed: 5 }), [2, 1, 8]), seeded("rows", [1, 6, 8]));
    const mixed = generator.synthesize(rows);
    const w = await project(mixed, generator, steps);
    const plus = await project(mixed, generator, { ...steps, space: "w+" });
    expect(plus.codes.shape).toEqual([2, 6, 8]);
    expect(plus.distances[0]! + plus.distances[1]!).toBeLessThan(w.distances[0]! + w.distances[1]!);
    const on = await project(mixed, generator, { ...steps, steps: 5, space: "w+", start: plus.codes });
    expect(difference(on.startDistances, plus.distances)).toBeLessThan(1e-3);
    for (const [i, distance] of on.distances.entries()) expect(distance).toBeLessThanOrEqual(on.startDistances[i]!);
  });

  it.each(["onnx", "tfjs"] as const)("noise maps are found, too, and stay normal (%s)", async (engine) => {
    const noisy = seededGenerator(architectureOf({ arguments: { channels: [8, 8], latent: 4, z: 4, mapping: 1 } }));
    const images = noisy.synthesize(noisy.sample(1, { seed: 1 }), { noise: { seed: 9 } });
    const before = memory().numTensors;
    const found = await project(images, noisy, { steps: 6, candidates: 2, noise: "optimized", engine, threads: 1 });
    expect(found.noise!.map(({ shape }) => shape)).toEqual([4, 8, 8].map((side) => [1, side, side, 1]));
    for (const map of found.noise!) {
      const values = numbers(map);
      expect(values.reduce((sum, x) => sum + x, 0) / values.length).toBeCloseTo(0, 4);
      expect(values.reduce((sum, x) => sum + x * x, 0) / values.length).toBeCloseTo(1, 3);
    }
    const again = noisy.synthesize(found.codes, { noise: found.noise! });
    expect(difference(numbers(again), numbers(found.images))).toBeLessThan(1e-3);
    again.dispose();
    found.dispose();
    expect(memory().numTensors).toBe(before);
    noisy.dispose();
  });

  it("reports each step, keeps the least distance, and stops by its signal without leaving a tensor", async () => {
    const seen: number[] = [];
    const stop = new AbortController();
    const before = memory().numTensors;
    const running = project(targets, generator, {
      ...{ steps: 50, candidates: 4, engine: "tfjs", signal: stop.signal },
      onProgress: ({ step, steps, distances }) => {
        expect(steps).toBe(50);
        seen.push(distances[0]!);
        if (step === 8) stop.abort();
      },
    });
    await expect(running).rejects.toThrow(AbortError);
    expect(seen).toHaveLength(8);
    expect(seen).toEqual(seen.toSorted((a, b) => b - a));
    expect(memory().numTensors).toBe(before);
  });

  it("a model's seam gives the same search as its generator", async () => {
    const model = await modelOf(generator);
    const codes = generator.sample(64, { seed: 1 });
    const settings = { steps: 8, candidates: 8, codes };
    const [a, b] = [await project(targets, model, settings), await project(targets, generator, { ...settings, engine: "tfjs" })];
    expect(a.engine).toBe("model");
    expect(difference(numbers(a.codes), numbers(b.codes))).toBeLessThan(1e-3);
    model.dispose();
  });

  it("takes the codes it starts from as tensors and as numbers, with the same answer, and leaves no tensor behind", async () => {
    const codes = generator.sample(6, { seed: 1 });
    const flat = codes.dataSync();
    const rows = Array.from({ length: 6 }, (_, i) => Array.from(flat.subarray(8 * i, 8 * i + 8)));
    const plus = { data: flat, shape: [1, 6, 8] as const };
    const forms = [
      [{ codes }, { codes: rows }, { codes: { data: flat, shape: [6, 8] } }],
      [{ start: slice(codes, 0, 2) }, { start: rows.slice(0, 2) }],
      [{ start: reshape(codes, [1, 6, 8]) }, { start: [rows] }, { start: plus }].map((one) => ({ ...one, space: "w+" as const })),
    ];
    const before = memory().numTensors;
    for (const [asTensor, ...asNumbers] of forms) {
      const found = [];
      for (const form of [asTensor!, ...asNumbers]) {
        const one = await project(targets, generator, { ...form, steps: 2, candidates: 2, engine: "tfjs" });
        found.push(numbers(one.codes));
        one.dispose();
      }
      for (const one of found) expect(one).toEqual(found[0]);
    }
    const ragged = [rows[0]!, rows[1]!.slice(1)];
    await expect(project(targets, generator, { codes: ragged })).rejects.toThrow(/codes in rows of equal length, got 8 and 7/);
    await expect(project(targets, generator, { start: [rows[0]!.slice(1)] })).rejects.toThrow(/start \[n, 8\]/);
    expect(memory().numTensors).toBe(before);
  });

  it("gradients are those of tfjs on every engine, with respect to codes and noise", async () => {
    const distance = new PyramidDistance();
    const plus = seeded("plus", [2, 6, 8]);
    const maps = startingMaps(generator.noiseSides, 2, 4);
    const on = new TfjsObjective(generator, distance, targets);
    for (const [w, noise] of [
      [seeded("code", [2, 8]), []],
      [plus, maps],
    ] as const) {
      const options = { distance, targets, withNoise: noise.length > 0, session: { threads: 1 } };
      const onnx = await OnnxObjective.create(generator, options);
      const [a, b] = [await onnx.evaluate(w, noise), await on.evaluate(w, noise)];
      expect(difference(a.distances, b.distances)).toBeLessThan(1e-4);
      expect(difference(numbers(a.gradient), numbers(b.gradient))).toBeLessThan(1e-3);
      expect(a.noiseGradients).toHaveLength(noise.length);
      for (const [i, gradient] of a.noiseGradients.entries())
        expect(difference(numbers(gradient), numbers(b.noiseGradients[i]!))).toBeLessThan(1e-3);
      const [others, threeMaps] = [seeded("m", [3, 8]), noise.length > 0 ? startingMaps(generator.noiseSides, 3, 1) : []];
      const [c, d] = [await onnx.distancesToAll(others, threeMaps), await on.distancesToAll(others, threeMaps)];
      expect(c).toHaveLength(6);
      expect(difference(c, d)).toBeLessThan(1e-3);
      await onnx.dispose();
    }
    const model = await modelOf(generator);
    const through = await new ModelObjective(model, distance, targets).evaluate(plus);
    expect(difference(numbers(through.gradient), numbers((await on.evaluate(plus, [])).gradient))).toBeLessThan(1e-3);
    model.dispose();
  });

  it("refuses what does not fit, by what was expected", async () => {
    const wrong: [unknown, unknown, object, RegExp][] = [
      [zeros([2, 8, 8, 3]), generator, { engine: "tfjs" }, /images of 16 × 16 pixels.*got 8 × 8/],
      [zeros([2, 8, 8, 3]), generator, { engine: "onnx" }, /images of 16 × 16 pixels.*got 8 × 8/],
      [zeros([16, 16]), generator, {}, /image \[n, height, width, 3\]/],
      [targets, {}, {}, /a generator with latentDim/],
      [targets, generator, { space: "z" }, /space to be one of w, w\+/],
      [targets, generator, { sted: 3 }, /unknown option "sted"/],
      [targets, generator, { start: zeros([2, 7]) }, /start \[n, 8\]/],
      [targets, generator, { start: zeros([3, 8]) }, /2 codes to start from.*got 3/],
      [targets, generator, { codes: zeros([3, 7]) }, /codes \[n, 8\]/],
      [targets, generator, { codes: 3 }, /codes as a tensor, rows of numbers, or \{ data, shape.*got 3/],
      [targets, generator, { distance: {} }, /a distance with name and features/],
      [
        targets,
        { latentDim: 8, synthesize: (w: Tensor) => generator.synthesize(w) },
        {},
        /sample\(count, \{ seed \}\), or codes/,
      ],
      [targets, { latentDim: 8, synthesize: generator.synthesize }, { space: "w+" }, /rowCount for space "w\+"/],
      [targets, { latentDim: 8, synthesize: generator.synthesize }, { engine: "onnx" }, /no toOnnx.*can't be "onnx"/],
      [
        targets,
        { latentDim: 8, synthesize: generator.synthesize },
        { noise: "optimized" },
        /noise "fixed" for a generator without noiseSides/,
      ],
    ];
    for (const [image, from, options, message] of wrong)
      await expect(project(image as Tensor, from as Generator, { steps: 2, ...options })).rejects.toThrow(message);
    const infinite = mul(targets, Number.POSITIVE_INFINITY);
    await expect(project(infinite, generator, { engine: "tfjs", steps: 1, candidates: 0 })).rejects.toThrow(/finite distances/);
  });
});

describe("the schedule", () => {
  it("is StyleGAN2's: the rate rises over 5 % and falls over 25 % of the steps, noise has faded after 75 %", () => {
    const ramps = { learningRate: 0.1, rampUp: 0.05, rampDown: 0.25 };
    const rates = [0, 0.025, 0.05, 0.5, 0.75, 0.875, 1].map((t) => learningRateAt(t, ramps));
    for (const [i, rate] of [0, 0.05, 0.1, 0.1, 0.1, 0.05, 0].entries()) expect(rates[i]).toBeCloseTo(rate, 10);
    const noise = [0, 0.375, 0.75, 1].map((t) => codeNoiseAt(t, { codeNoise: 0.05, codeNoiseRamp: 0.75 }));
    for (const [i, level] of [0.05, 0.0125, 0, 0].entries()) expect(noise[i]).toBeCloseTo(level, 10);
  });

  it("keeps signal out of noise maps: their regularisation is of products with shifted ones, at all sizes to 8 × 8", () => {
    const map = seeded("map", [1, 16, 16, 1]) as Tensor4D;
    const roll = (values: readonly number[], side: number, down: number, right: number) =>
      values.map((_, i) => values[((Math.floor(i / side) + down + side) % side) * side + (((i % side) + right + side) % side)]!);
    const loss = (values: readonly number[]): number => {
      const side = Math.sqrt(values.length);
      const term = (shifted: readonly number[]) => (values.reduce((sum, x, i) => sum + x * shifted[i]!, 0) / values.length) ** 2;
      const here = term(roll(values, side, -1, 0)) + term(roll(values, side, 0, -1));
      if (side <= 8) return here;
      const half = side / 2;
      const coarser = Array.from({ length: half * half }, (_, i) => {
        const at = 2 * Math.floor(i / half) * side + 2 * (i % half);
        return (values[at]! + values[at + 1]! + values[at + side]! + values[at + side + 1]!) / 4;
      });
      return here + loss(coarser);
    };
    const values = numbers(map);
    const [gradient] = regularization([map], 1000);
    const changed = (step: number) => values.map((x, i) => (i === 37 ? x + step : x));
    const expected = (1000 * (loss(changed(1e-3)) - loss(changed(-1e-3)))) / 2e-3;
    expect(numbers(gradient!)[37]).toBeCloseTo(expected, 3);
    const [result] = normalized([add(mul(map, 3), 2)]);
    expect(difference(numbers(result!), numbers(normalized([sub(map, 0)])[0]!))).toBeLessThan(1e-4);
  });
});
