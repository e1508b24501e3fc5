import { CheckpointError, readSafetensors, writeSafetensors } from "@latentflow/checkpoints";
import { AbortError, type AttributeModel } from "@latentflow/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { LatentEditError, NeuralOdeDirection, type TrainOptions, tfjsModel, trainDirection } from "../src/index.js";
import { base, codes, depth, heldOut, memoryStore, model, weightsOf } from "./small-training.js";
import { D, embedder, generator, regressor } from "./small-world.js";

beforeAll(() => tf.setBackend("cpu"));

describe("resume", () => {
  const options: TrainOptions = {
    ...base,
    iterations: 10,
    validation: { codes: heldOut, every: 3 },
    earlyStopping: { patience: 9 },
  };

  it.each([1, 4, 9])("stopped after %i iterations and resumed, it ends with the same bits", async (stopAt) => {
    const undisturbed = depth(2);
    const whole = await trainDirection(undisturbed, options);
    const store = memoryStore();
    const controller = new AbortController();
    const first = trainDirection(depth(2), {
      ...options,
      checkpoint: { store, every: 1 },
      signal: controller.signal,
      onProgress: ({ iteration }) => iteration === stopAt && controller.abort(),
    });
    await expect(first).rejects.toThrow(AbortError);
    const resumed = depth(2, 77);
    const rest = await trainDirection(resumed, { ...options, checkpoint: { store, every: 1 } });
    expect(weightsOf(resumed)).toEqual(weightsOf(undisturbed));
    expect(rest.batches).toEqual(whole.batches);
    expect(rest.validations).toEqual(whole.validations);
  });

  it.each(["between two iterations", "inside one"])("stopped %s keeps the last whole one, whatever `every` is", async (where) => {
    const undisturbed = depth(2);
    const whole = await trainDirection(undisturbed, options);
    const store = memoryStore();
    const controller = new AbortController();
    let asked = 0;
    const stopping: AttributeModel = {
      ...{ latentDim: model.latentDim, attributes: model.attributes, dispose: () => undefined },
      synthesize: (w) => model.synthesize(w),
      logits: (w) => model.logits(w),
      // What draws the batch is behind it by then, and must not be when the training goes on.
      async lossAndGradient(w, loss) {
        if (where === "inside one" && ++asked === 6) throw new AbortError("stopped");
        return model.lossAndGradient(w, loss);
      },
    };
    const first = trainDirection(depth(2), {
      ...{ ...options, model: stopping, checkpoint: { store }, signal: controller.signal },
      onProgress: ({ iteration }) => where !== "inside one" && iteration === 5 && controller.abort(),
    });
    await expect(first).rejects.toThrow(AbortError);
    const iterations: number[] = [];
    const resumed = depth(2, 77);
    const rest = await trainDirection(resumed, {
      ...{ ...options, checkpoint: { store } },
      onProgress: ({ iteration }) => iterations.push(iteration),
    });
    expect(iterations).toEqual([6, 7, 8, 9, 10]);
    expect(weightsOf(resumed)).toEqual(weightsOf(undisturbed));
    expect(rest.batches).toEqual(whole.batches);
    expect(rest.validations).toEqual(whole.validations);
  });

  it("refuses another run's checkpoint, and a file that is none", async () => {
    const store = memoryStore();
    await trainDirection(depth(1), { ...base, iterations: 2, checkpoint: { store } });
    await expect(trainDirection(depth(1), { ...base, iterations: 3, checkpoint: { store } })).rejects.toThrow(
      /differs in iterations/,
    );
    await expect(trainDirection(depth(1), { ...base, seed: 9, iterations: 2, checkpoint: { store } })).rejects.toThrow(/seed/);
  });

  it("refuses the checkpoint of another depth or another loss, and a damaged one", async () => {
    const store = memoryStore();
    const train = (n: number, more: Partial<TrainOptions> = {}) =>
      trainDirection(depth(n), { ...base, iterations: 2, checkpoint: { store }, ...more });
    await train(2);
    await expect(train(1)).rejects.toThrow(/variables of 64, 8 numbers, got 64, 8, 64, 8/);
    await expect(train(2, { identity: embedder })).rejects.toThrow(/differs in loss/);
    const whole = store.bytes!;
    for (const length of [0, 7, 100, whole.length - 1]) {
      store.bytes = whole.slice(0, length);
      await expect(train(2)).rejects.toThrow(CheckpointError);
    }
    store.bytes = writeSafetensors({}, { format: "latentflow-training", state: "{" });
    await expect(train(2)).rejects.toThrow(/damaged/);
    store.bytes = whole;
    await train(2);
  });

  it("refuses a checkpoint made with other codes, labels, validation, slope or model, and says what to do", async () => {
    const store = memoryStore();
    const slope = (negativeSlope: number) => new NeuralOdeDirection({ latentDim: D, depth: 2, negativeSlope });
    const train = (more: Partial<TrainOptions> = {}, direction = slope(0.2)) =>
      trainDirection(direction, { ...base, iterations: 2, validation: { codes: heldOut }, checkpoint: { store }, ...more });
    await train();
    const tensors = tf.memory().numTensors;
    const direction = slope(0.2);
    const before = weightsOf(direction);
    // The same codes in another order, and with two signs turned.
    const swapped = { ...codes, data: Float32Array.from([...codes.data.slice(D), ...codes.data.slice(0, D)]) };
    await expect(train({ codes: swapped }, direction)).rejects.toThrow(
      /made with other codes.*give the same ones.*or another store/,
    );
    expect(weightsOf(direction)).toEqual(before);
    direction.dispose();
    expect(tf.memory().numTensors).toBe(tensors);
    const turned = { ...codes, data: codes.data.map((x, i) => (i < 2 ? -x : x)) };
    await expect(train({ codes: turned })).rejects.toThrow(/other codes/);
    const labels = Array.from({ length: 80 }, (_, i) => [0, i % 2, 0]);
    await expect(train({ labels })).rejects.toThrow(/other labels;/);
    await expect(train({ validation: { codes } })).rejects.toThrow(/other validation;/);
    await expect(train({ validation: { codes: heldOut, every: 1 } })).rejects.toThrow(/other validation;/);
    await expect(train({ earlyStopping: { patience: 3 } })).rejects.toThrow(/other earlyStopping;/);
    await expect(train({}, slope(0.1))).rejects.toThrow(/other negativeSlope;/);
    const truncated = tfjsModel({ generator, regressor, truncation: { psi: 0.7, meanLatent: new Float32Array(D) } });
    await expect(train({ model: truncated })).rejects.toThrow(/model;/);
    await expect(train({ model: truncated })).rejects.toThrow(LatentEditError);
    await train({ codes: { data: Float64Array.from(codes.data), shape: codes.shape } });
  });

  it("refuses a checkpoint of a version that did not record its codes", async () => {
    const store = memoryStore();
    const train = () => trainDirection(depth(1), { ...base, iterations: 2, checkpoint: { store } });
    await train();
    const { tensors, metadata } = await readSafetensors(store.bytes!);
    const { run: _, ...state } = JSON.parse(metadata.get("state")!);
    store.bytes = writeSafetensors(tensors, { format: "latentflow-training", state: JSON.stringify(state) });
    await expect(train()).rejects.toThrow(/older version; delete it to start anew/);
  });

  it("a finished run resumes to its end at once", async () => {
    const store = memoryStore();
    const done = depth(1);
    await trainDirection(done, { ...base, checkpoint: { store } });
    const again = depth(1, 50);
    await trainDirection(again, { ...base, checkpoint: { store } });
    expect(weightsOf(again)).toEqual(weightsOf(done));
  });
});
