import "@tensorflow/tfjs-backend-cpu";
import { AbortError, type LossRequest, SeededRandom } from "@latentflow/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { LatentEditError, type TrainOptions, tfjsModel, trainDirection } from "../src/index.js";
import { drawBatch, longest } from "../src/train/draw-batch.js";
import { resolveSettings } from "../src/train/settings.js";
import { base, depth, heldOut, memoryStore, model, weightsOf } from "./small-training.js";
import { embedder, generator, regressor } from "./small-world.js";

beforeAll(() => tf.setBackend("cpu"));

const starts = { forward: Int32Array.from({ length: 40 }, (_, i) => i), backward: undefined };

function settingsOf(more: Partial<TrainOptions>) {
  const direction = depth(1);
  const { settings } = resolveSettings(direction, { ...base, batchSize: 32, ...more });
  direction.dispose();
  return settings;
}

describe("edit lengths of a batch", () => {
  it("are one draw, or one in each of 32 equal parts of [α/4, α]", () => {
    const random = new SeededRandom(1);
    expect(drawBatch(random, starts, settingsOf({})).t).toBeTypeOf("number");
    for (let repeat = 0; repeat < 20; repeat++) {
      const batch = drawBatch(random, starts, settingsOf({ lengths: "stratified", maxTime: 8 }));
      const times = batch.t as number[];
      expect(batch.rows).toHaveLength(32);
      expect(batch.codeWeights).toBeUndefined();
      times.forEach((t, i) => {
        expect(Math.floor(((t - 2) / 6) * 32)).toBe(i);
      });
      expect(longest(batch)).toBe(Math.max(...times));
      expect(longest(batch)).toBeGreaterThan(7.8);
    }
  });

  it("of codes on their way are anywhere before T, and the first term stays a mean over the others", () => {
    const random = new SeededRandom(2);
    const shares: number[] = [];
    for (let repeat = 0; repeat < 200; repeat++) {
      const { t, codeWeights } = drawBatch(random, starts, settingsOf({ pathShare: 0.25, maxTime: 4 }));
      const times = t as number[];
      expect(new Set(times.slice(0, 24)).size).toBe(1);
      expect(codeWeights!.reduce((a, b) => a + b, 0)).toBeCloseTo(32, 10);
      expect(codeWeights!.map((weight) => weight === 0)).toEqual(times.map((_, i) => i >= 24));
      shares.push(...times.slice(24).map((x) => x / times[0]!));
    }
    expect(Math.min(...shares)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...shares)).toBeLessThan(1);
    expect(shares.reduce((a, b) => a + b, 0) / shares.length).toBeCloseTo(0.5, 1);
  });

  it("have the sign of the edit back where both ways are trained", () => {
    const random = new SeededRandom(3);
    const both = { ...starts, backward: Int32Array.of(50, 51) };
    const settings = settingsOf({ lengths: "stratified", bothWays: true });
    const batches = Array.from({ length: 20 }, () => drawBatch(random, both, settings));
    for (const { rows, t, target } of batches) {
      const isBack = target === 0;
      expect((t as number[]).every((x) => x < 0 === isBack)).toBe(true);
      expect(rows.every((row) => row >= 50 === isBack)).toBe(true);
    }
    expect(new Set(batches.map(({ target }) => target)).size).toBe(2);
  });
});

/** All that is not the paper's, at once. */
const other: TrainOptions = {
  ...{ ...base, iterations: 6, lengths: "stratified", pathShare: 0.3, codesWeight: 0.5, attributeScale: "log-classes" },
  ...{ divergence: "hellinger", preservationTemperature: 1.5, originalTemperature: 1.5, temperature: 2 },
  ...{ validation: { codes: heldOut, every: 2 }, solver: { method: "rk4", steps: 2 } },
};

describe("a training with all that is not the paper's", () => {
  it("asks the model for the loss that its options say", async () => {
    const asked: LossRequest[] = [];
    const listening = Object.assign(tfjsModel({ generator, regressor }), {});
    const ask = listening.lossAndGradient.bind(listening);
    listening.lossAndGradient = (w, loss) => {
      asked.push(loss as LossRequest);
      return ask(w, loss);
    };
    const direction = depth(1);
    const history = await trainDirection(direction, { ...other, model: listening, iterations: 1 });
    expect(asked[0]!.preservation).toEqual({
      ...{ divergence: "hellinger", temperature: 1.5, originalTemperature: 1.5 },
      attributeWeights: [3, 2, 4].map((classes) => 1 / Math.log(classes)),
    });
    expect(asked[0]!.codeWeights).toEqual([1.5, 1.5, 1.5, 1.5, 0, 0]);
    const [score] = history.batches;
    const { attributeLoss, preservationLoss, codesLoss, total } = score!;
    expect(codesLoss).toBeGreaterThan(0);
    expect(total).toBeCloseTo(attributeLoss + preservationLoss + 0.5 * codesLoss!, 6);
    direction.dispose();
  });

  it.each([1, 4])("stopped after %i iterations and resumed, ends with the same bits, and leaks nothing", async (stopAt) => {
    const undisturbed = depth(1);
    const whole = await trainDirection(undisturbed, other);
    const before = tf.memory().numTensors;
    const store = memoryStore();
    const controller = new AbortController();
    const stopped = depth(1);
    const first = trainDirection(stopped, {
      ...{ ...other, checkpoint: { store, every: 1 }, signal: controller.signal },
      onProgress: ({ iteration }) => iteration === stopAt && controller.abort(),
    });
    await expect(first).rejects.toThrow(AbortError);
    const resumed = depth(1, 77);
    const rest = await trainDirection(resumed, { ...other, checkpoint: { store, every: 1 } });
    expect(weightsOf(resumed)).toEqual(weightsOf(undisturbed));
    expect(rest.batches).toEqual(whole.batches);
    expect(rest.validations).toEqual(whole.validations);
    expect(rest.validations[0]!.codesLoss).toBeGreaterThan(0);
    stopped.dispose();
    resumed.dispose();
    expect(tf.memory().numTensors).toBe(before);
    undisturbed.dispose();
  });

  it("paused and continued, ends with the same bits", async () => {
    const undisturbed = depth(1);
    await trainDirection(undisturbed, other);
    const store = memoryStore();
    const direction = depth(1);
    const half = await trainDirection(direction, { ...other, checkpoint: { store }, pauseAt: 3 });
    expect(half.iterations).toBe(3);
    expect(half.batches).toHaveLength(3);
    const again = depth(1, 5);
    expect((await trainDirection(again, { ...other, checkpoint: { store } })).iterations).toBe(6);
    expect(weightsOf(again)).toEqual(weightsOf(undisturbed));
    for (const one of [undisturbed, direction, again]) one.dispose();
  });

  it.each<[string, Partial<TrainOptions>]>([
    ["divergence", { divergence: "kl" }],
    ["preservationTemperature", { preservationTemperature: 2 }],
    ["originalTemperature", { originalTemperature: 1 }],
    ["attributeScale", { attributeScale: "equal" }],
    ["lengths", { lengths: "one" }],
    ["pathShare", { pathShare: 0.1 }],
    ["codesWeight", { codesWeight: 0 }],
  ])("refuses the checkpoint of another %s", async (name, more) => {
    const store = memoryStore();
    const direction = depth(1);
    await trainDirection(direction, { ...other, checkpoint: { store }, pauseAt: 1 });
    const go = trainDirection(direction, { ...other, ...more, checkpoint: { store }, pauseAt: 1 });
    await expect(go).rejects.toThrow(new RegExp(`differs in ${name};`));
    direction.dispose();
  });
});

describe("options that do not fit", () => {
  it.each<[string, Partial<TrainOptions>, RegExp]>([
    ["another divergence", { divergence: "js" as never }, /divergence to be one of kl, hellinger/],
    ["another way to draw", { lengths: "two" as never }, /lengths to be one of one, stratified/],
    ["a share of all", { pathShare: 1 }, /pathShare to be a finite number ≥ 0 and ≤ 0.9/],
    ["a weight below 0", { codesWeight: -1 }, /codesWeight to be a finite number ≥ 0/],
    ["a temperature of 0", { preservationTemperature: 0 }, /preservationTemperature to be a finite number > 0/],
    ["a pause without a store", { pauseAt: 2 }, /checkpoint to go on from beside pauseAt/],
    ["a pause at 0", { pauseAt: 0, checkpoint: { store: memoryStore() } }, /pauseAt to be an integer ≥ 1/],
    [
      "codes on their way with a loss of one's own",
      { pathShare: 0.5, loss: () => (logits) => tf.mean(logits[0]!) as tf.Scalar },
      /no pathShare beside a loss of your own/,
    ],
  ])("%s", async (_, more, message) => {
    const direction = depth(1);
    const go = trainDirection(direction, { ...base, ...more });
    await expect(go).rejects.toThrow(message);
    await expect(go).rejects.toThrow(LatentEditError);
    direction.dispose();
  });

  it("the identity term goes with lengths of each code's own", async () => {
    const direction = depth(1);
    const history = await trainDirection(direction, { ...base, model, identity: embedder, lengths: "stratified", iterations: 1 });
    expect(history.batches[0]!.preservationLoss).toBeGreaterThan(0);
    direction.dispose();
  });
});
