import { useBackend } from "@latentflow/backend";
import type { AttributeModel } from "@latentflow/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import { EngineError } from "../src/index.js";
import { WatchedModel } from "../src/watched-model.js";

beforeAll(() => useBackend("cpu"));

/** A model that answers with these numbers, whatever it is asked. */
function answering(values: { logit?: number; loss?: number; gradient?: number; rows?: number; channels?: number }): WatchedModel {
  const { logit = 0, loss = 1, gradient = 0, rows = 1, channels = 3 } = values;
  const logits = () => [tf.fill<tf.Rank.R2>([rows, 2], logit)];
  const inner: AttributeModel = {
    latentDim: 2,
    attributes: [{ name: "a", classes: 2 }],
    synthesize: async () => tf.zeros([rows, 4, 4, channels]),
    logits: async () => logits(),
    lossAndGradient: async (w) => ({
      ...{ attributeLoss: loss, preservationLoss: 0, logits: logits() },
      gradient: tf.fill(w.shape, gradient),
    }),
    dispose: () => undefined,
  };
  return new WatchedModel(inner);
}

it("refuses answers that are not numbers, and leaks nothing", async () => {
  const w = tf.zeros([1, 2]);
  const before = tf.memory().numTensors;
  const loss = { attributeIndex: 0, target: 1, temperature: 1, preservationWeight: 1, originalLogits: [] };
  await expect(answering({ logit: Number.NaN }).logits(w)).rejects.toThrow(/expected finite logits.*evaluate.maxTime/);
  await expect(answering({ loss: Number.NaN }).lossAndGradient(w, loss)).rejects.toThrow(
    /expected a finite loss, got attribute NaN.*The state before is kept/,
  );
  await expect(answering({ gradient: Number.POSITIVE_INFINITY }).lossAndGradient(w, loss)).rejects.toThrow(
    /expected a finite gradient.*The state before is kept/,
  );
  await expect(answering({ gradient: Number.NaN }).lossAndGradient(w, loss)).rejects.toThrow(EngineError);
  expect(tf.memory().numTensors).toBe(before);
  const good = answering({});
  expect(await good.logits(w)).toHaveLength(1);
  expect((await good.lossAndGradient(w, loss)).attributeLoss).toBe(1);
  expect(good.images).toBe(2);
  w.dispose();
});

it("refuses answers of another shape than the question's, and leaks nothing", async () => {
  const w = tf.zeros([1, 2]);
  const before = tf.memory().numTensors;
  const loss = { attributeIndex: 0, target: 1, temperature: 1, preservationWeight: 1, originalLogits: [] };
  await expect(answering({ rows: 16 }).logits(w)).rejects.toThrow(
    /expected logits \[1, 2\], got \[16, 2\]\. Do the generator's images/,
  );
  await expect(answering({ rows: 16 }).lossAndGradient(w, loss)).rejects.toThrow(EngineError);
  await expect(answering({ rows: 16 }).synthesize(w)).rejects.toThrow(/expected images \[1, 4, 4, 3\], got \[16, 4, 4, 3\]/);
  await expect(answering({ channels: 1 }).synthesize(w)).rejects.toThrow(EngineError);
  expect(tf.memory().numTensors).toBe(before);
  w.dispose();
});
