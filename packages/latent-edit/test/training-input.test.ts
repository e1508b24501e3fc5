import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import {
  LatentEditError,
  LinearDirection,
  NeuralOdeDirection,
  type Numbers,
  type TrainOptions,
  trainDirection,
} from "../src/index.js";
import { base, depth, heldOut, memoryStore, weightsOf } from "./small-training.js";
import { embedder } from "./small-world.js";

beforeAll(() => tf.setBackend("cpu"));

describe("wrong input is told apart", () => {
  it.each([
    ["an unknown attribute", { ...base, attribute: { name: "hue" } }, /shape, size, colour/],
    ["an unknown attribute's name alone", { ...base, attribute: "hue" }, /shape, size, colour.*got "hue"/],
    ["an index alone that no attribute has", { ...base, attribute: 7 }, /got 7/],
    ["one class twice", { ...base, attribute: { index: 0, from: 1, to: 1 } }, /different classes/],
    ["no model", { ...base, model: undefined as never }, /a generator and a regressor/],
    ["codes of another width", { ...base, codes: [[1, 2]] }, /\[n, 8\]/],
    ["labels that do not fit", { ...base, labels: [[0, 0, 0]] }, /one row a code/],
    ["no start codes", { ...base, labels: { data: new Uint8Array(240).fill(1), shape: [80, 3] } }, /labelled 0 of size/],
    ["early stopping without validation", { ...base, earlyStopping: { patience: 1 } }, /validation codes/],
    ["a name and an index that differ", { ...base, attribute: { name: "size", index: 0 } }, /give either/],
    ["a label of no class", { ...base, labels: Array.from({ length: 80 }, () => [0, 7, 0]) }, /label 0 of size/],
    ["a label between classes", { ...base, labels: Array.from({ length: 80 }, () => [0, 0.5, 0]) }, /label 0 of size/],
    ["a word for a switch", { ...base, bothWays: "no" as never }, /bothWays to be true or false/],
    ["two losses", { ...base, identity: embedder, loss: () => (logits) => tf.mean(logits[0]!) as tf.Scalar }, /got both/],
    ["a fixed method without steps", { ...base, solver: { method: "rk4" } as never }, /number of steps for rk4/],
    ["an unknown gradient", { ...base, gradient: "backprop" as never }, /checkpointed/],
    ["an unknown part of validation", { ...base, validation: { codes: heldOut, evry: 2 } as never }, /"every"/],
    ["validation every 0 iterations", { ...base, validation: { codes: heldOut, every: 0 } }, /validation.every/],
    ["no patience", { ...base, validation: { codes: heldOut }, earlyStopping: {} as never }, /patience/],
    ["a checkpoint without end", { ...base, checkpoint: { store: memoryStore(), every: -1 } }, /checkpoint.every/],
    ["an unknown option", { ...base, iteration: 3 }, /did you mean "iterations"/],
  ] as [string, TrainOptions, RegExp][])("%s", async (_, options, message) => {
    const promise = trainDirection(depth(1), options);
    await expect(promise).rejects.toThrow(LatentEditError);
    await expect(promise).rejects.toThrow(message);
  });

  it("labels of any integer width train alike, int64 as PyTorch saves them", async () => {
    const labels = Array.from({ length: 240 }, (_, i) => (i * 7) % 2);
    const of = (data: Numbers) => ({ data, shape: [80, 3] as const });
    const int64 = BigInt64Array.from(labels, BigInt);
    const trained = [
      of(Int32Array.from(labels)),
      of(int64),
      of(BigUint64Array.from(labels, BigInt)),
      of(Int8Array.from(labels)),
    ].map(async (given) => {
      const direction = depth(1);
      await trainDirection(direction, {
        ...base,
        iterations: 2,
        labels: given,
        validation: { codes: base.codes, labels: given, every: 1 },
      });
      return weightsOf(direction);
    });
    const [first, ...rest] = await Promise.all(trained);
    for (const other of rest) expect(other).toEqual(first);
    await expect(trainDirection(depth(1), { ...base, labels: of(int64.map((x) => x + 5n)) })).rejects.toThrow(/label 0 of size/);
    const rows = Array.from({ length: 80 }, (_, i) => int64.slice(3 * i, 3 * i + 3));
    await expect(trainDirection(depth(1), { ...base, iterations: 1, labels: rows })).resolves.toBeDefined();
  });

  it("a direction without trainable variables, and one of another width", async () => {
    await expect(trainDirection(new LinearDirection([1, 0, 0, 0, 0, 0, 0, 0]), base)).rejects.toThrow(/not trained/);
    await expect(trainDirection(new NeuralOdeDirection({ latentDim: 3, depth: 1 }), base)).rejects.toThrow(/over 8 numbers/);
  });
});
