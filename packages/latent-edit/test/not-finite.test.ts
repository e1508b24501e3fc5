import { readSafetensors, type TensorData, writeSafetensors } from "@latentflow/checkpoints";
import type { AttributeModel, LossAndGradient } from "@latentflow/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import {
  editUntil,
  fingerprint,
  fitInterFaceGan,
  ganSpace,
  importSeedFlow,
  LatentEditError,
  labelsAlong,
  linearSvm,
  loadDirection,
  saveDirection,
  type TrainOptions,
  toStateDict,
  trainDirection,
} from "../src/index.js";
import { base, codes, depth, heldOut, memoryStore, model, weightsOf } from "./small-training.js";
import { D } from "./small-world.js";

beforeAll(() => tf.setBackend("cpu"));

/** The same shape, but for one NaN. */
const spoiled = (x: tf.Tensor): tf.Tensor => {
  const data = x.dataSync().slice();
  data[data.length - 1] = Number.NaN;
  x.dispose();
  return tf.tensor(data, x.shape);
};

/** A model that spoils its answer number `at` (from 1) to a method. */
function modelThatFails(method: "logits" | "lossAndGradient", at: number, spoil: (answer: never) => unknown): AttributeModel {
  let calls = 0;
  const answer = async (...args: never[]) => {
    const right = await (model[method] as (...a: never[]) => Promise<unknown>)(...args);
    return ++calls === at ? spoil(right as never) : right;
  };
  return {
    ...{ latentDim: model.latentDim, attributes: model.attributes, dispose() {} },
    synthesize: (w) => model.synthesize(w),
    logits: (w) => model.logits(w),
    lossAndGradient: (w, loss) => model.lossAndGradient(w, loss),
    [method]: answer,
  };
}

const options: TrainOptions = { ...base, iterations: 10, maxTime: 2 };

describe("one NaN of the frozen half at iteration 4 of 10", () => {
  it.each<[string, "logits" | "lossAndGradient", number, (answer: never) => unknown, Partial<TrainOptions>, RegExp]>([
    [
      "its logits",
      "lossAndGradient",
      4,
      ({ logits, ...rest }: LossAndGradient) => ({ ...rest, logits: [logits[0]!, spoiled(logits[1]!), logits[2]!] }),
      {},
      /the model's logits at the end points at iteration 4 of 10/,
    ],
    [
      "its loss",
      "lossAndGradient",
      4,
      (answer: LossAndGradient) => ({ ...answer, attributeLoss: Number.NaN }),
      {},
      /the attribute loss at iteration 4 of 10/,
    ],
    [
      "its preservation loss",
      "lossAndGradient",
      4,
      (answer: LossAndGradient) => ({ ...answer, preservationLoss: Number.POSITIVE_INFINITY }),
      {},
      /the preservation loss at iteration 4 of 10/,
    ],
    [
      "its gradient",
      "lossAndGradient",
      4,
      ({ gradient, ...rest }: LossAndGradient) => ({ ...rest, gradient: spoiled(gradient) }),
      {},
      /the gradient with respect to w at iteration 4 of 10/,
    ],
    [
      "its gradient in one of three batches",
      "lossAndGradient",
      11,
      ({ gradient, ...rest }: LossAndGradient) => ({ ...rest, gradient: spoiled(gradient) }),
      { accumulate: 3 },
      /the gradient with respect to w at iteration 4 of 10/,
    ],
    [
      "the start codes' logits, asked in every iteration",
      "logits",
      // Three batches label the codes, then one call is the run's fingerprint.
      3 + 1 + 4,
      (logits: tf.Tensor[]) => [spoiled(logits[0]!), ...logits.slice(1)],
      { cacheLogits: false },
      /the start codes' logits at iteration 4 of 10/,
    ],
  ])(
    "%s: the error names it, weights and checkpoint are those of iteration 3, and the run can be resumed",
    async (_, method, at, spoil, more, message) => {
      const store = memoryStore();
      const run = { ...options, ...more, checkpoint: { store, every: 100 } };
      const undisturbed = depth(1);
      await trainDirection(undisturbed, { ...options, ...more });
      const before = tf.memory().numTensors;
      const direction = depth(1);
      const seen: number[] = [];
      const promise = trainDirection(direction, {
        ...run,
        model: modelThatFails(method, at, spoil),
        onProgress: ({ iteration }) => seen.push(iteration),
      });
      await expect(promise).rejects.toThrow(LatentEditError);
      await expect(promise).rejects.toThrow(message);
      expect(seen).toEqual([1, 2, 3]);
      const { tensors, metadata } = await readSafetensors(store.bytes!);
      expect(JSON.parse(metadata.get("state")!).iteration).toBe(3);
      expect(weightsOf(direction)[0]).toEqual(Array.from(tensors.get("weights.0")!.data as Float32Array));
      direction.dispose();
      expect(tf.memory().numTensors).toBe(before);
      const resumed = depth(1, 9);
      await trainDirection(resumed, run);
      expect(weightsOf(resumed)).toEqual(weightsOf(undisturbed));
    },
  );
});

describe("other ways to a number that is not finite", () => {
  it("in a validation", async () => {
    const failing = modelThatFails("logits", 3 + 2 + 1 + 2 + 2, (logits: tf.Tensor[]) => [
      logits[0]!,
      spoiled(logits[1]!),
      logits[2]!,
    ]);
    const run = trainDirection(depth(1), { ...options, model: failing, validation: { codes: heldOut, every: 2 } });
    await expect(run).rejects.toThrow(/at the validation after iteration \d+ of 10/);
  });

  it("in the labelling of the codes: the code is named", async () => {
    const failing = modelThatFails("logits", 2, (logits: tf.Tensor[]) => [logits[0]!, spoiled(logits[1]!), logits[2]!]);
    await expect(trainDirection(depth(1), { ...options, model: failing })).rejects.toThrow(
      /got NaN for code 63, attribute size, at the labelling of the codes/,
    );
  });

  it("in a gradient too large for Adam's squares: no weight is touched", async () => {
    const direction = depth(1);
    const weights = weightsOf(direction);
    const before = tf.memory().numTensors;
    const loss = () => (logits: tf.Tensor2D[]) => tf.mul(tf.sum(logits[0]!), 1e30) as tf.Scalar;
    await expect(trainDirection(direction, { ...options, loss })).rejects.toThrow(/Adam's moments at iteration 1 of 10/);
    expect(weightsOf(direction)).toEqual(weights);
    expect(tf.memory().numTensors).toBe(before);
  });

  it("in the direction's own weights", async () => {
    const direction = depth(1);
    tf.tidy(() => direction.variables[1]!.assign(tf.fill([1, D], Number.NaN)));
    await expect(trainDirection(direction, options)).rejects.toThrow(/the flow's end points at iteration 1 of 10/);
    await expect(saveDirection(direction)).rejects.toThrow(/finite weights, got NaN/);
  });

  it("in a checkpoint: it is refused by name", async () => {
    const store = memoryStore();
    const train = () => trainDirection(depth(1), { ...options, iterations: 2, checkpoint: { store } });
    await train();
    const { tensors, metadata } = await readSafetensors(store.bytes!);
    for (const name of ["weights.1", "adam.mean.0", "cache.logits"]) {
      const { data, ...rest } = tensors.get(name)!;
      const copy = (data as Float32Array).slice();
      copy[0] = Number.NaN;
      const entries = new Map<string, TensorData>([...tensors, [name, { ...rest, data: copy } as TensorData]]);
      store.bytes = writeSafetensors(entries, Object.fromEntries(metadata));
      await expect(train()).rejects.toThrow(LatentEditError);
      await expect(train()).rejects.toThrow(new RegExp(`NaN in ${name} was read; delete the file to start anew`));
    }
  });

  it("in a direction's file, or a state dict", async () => {
    const file = await saveDirection(depth(1));
    const { tensors, metadata } = await readSafetensors(file);
    const bias = tensors.get("odefunc.model.0.bias")!;
    (bias.data as Float32Array)[2] = Number.POSITIVE_INFINITY;
    await expect(loadDirection(writeSafetensors(tensors, Object.fromEntries(metadata)))).rejects.toThrow(
      /finite weights, got Infinity in 0.bias/,
    );
    const state = await toStateDict(depth(-1));
    (state.get("odefunc.model.const")!.data as Float32Array)[0] = Number.NaN;
    expect(() => importSeedFlow(state)).toThrow(LatentEditError);
  });

  it("in what is measured: labels, decisions and fingerprints are not made of NaN", async () => {
    const nan = (logits: tf.Tensor[]) => [logits[0]!, spoiled(logits[1]!), logits[2]!];
    const direction = depth(1);
    const w = tf.tensor2d(codes.data.slice(0, 4 * D), [4, D]);
    const before = tf.memory().numTensors;
    const few = { data: codes.data.slice(0, 4 * D), shape: [4, D] as const };
    await expect(
      labelsAlong(direction, { model: modelThatFails("logits", 2, nan), codes: few, times: [0, 1.5] }),
    ).rejects.toThrow(/NaN or Infinity for attribute size at t = 1.5/);
    await expect(
      editUntil(w, direction, { model: modelThatFails("logits", 3, nan), until: () => false, maxTime: 2 }),
    ).rejects.toThrow(/editUntil: expected finite logits/);
    const blind = {
      ...modelThatFails("logits", 0, nan),
      synthesize: async (x: tf.Tensor) => spoiled(await model.synthesize(x)) as tf.Tensor4D,
    };
    await expect(fingerprint(blind)).rejects.toThrow(/fingerprint: expected a picture of finite numbers/);
    expect(tf.memory().numTensors).toBe(before);
  });

  it("in codes of the fits", async () => {
    const rows = Array.from({ length: 20 }, (_, i) => [i, i === 7 ? Number.NaN : 1]);
    const labels = rows.map((_, i) => i % 2);
    expect(() => ganSpace(rows)).toThrow(/finite numbers, got NaN in row 7/);
    await expect(linearSvm(rows, labels)).rejects.toThrow(/finite numbers, got NaN in row 7/);
    await expect(fitInterFaceGan(rows, labels, { ratio: 5 })).rejects.toThrow(/finite numbers, got NaN in row 7/);
  });
});
