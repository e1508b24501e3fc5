import { AbortError } from "@latentflow/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { CONVERGED_SOLVER, tfjsModel, trainDirection } from "../src/index.js";
import { base, codes, depth, heldOut, model, weightsOf } from "./small-training.js";
import { D, embedder, generator, regressor } from "./small-world.js";

beforeAll(() => tf.setBackend("cpu"));

/** Held-out codes that the model labels so. */
async function startsOf(name: string, label: number): Promise<number[][]> {
  const j = regressor.attributes.findIndex((attribute) => attribute.name === name);
  return tf.tidy(() => {
    const w = tf.tensor2d(heldOut.data, [40, D]);
    const labels = tf.argMax(regressor.logits(generator.synthesize(w))[j]!, 1).dataSync();
    return (w.arraySync() as number[][]).filter((_, i) => labels[i] === label);
  });
}

describe("trainDirection", () => {
  it.each([-1, 1, 2])(
    "depth %i learns: the loss falls, the accuracy rises, the history is complete, nothing leaks",
    async (n) => {
      const direction = depth(n);
      const before = tf.memory().numTensors;
      const onProgress = vi.fn();
      const history = await trainDirection(direction, { ...base, iterations: 60, learningRate: 2e-2, onProgress });
      expect(tf.memory().numTensors).toBe(before);
      const mean = (from: number, key: "total" | "accuracy") =>
        history.batches.slice(from, from + 15).reduce((s, b) => s + b[key], 0) / 15;
      expect(mean(45, "total")).toBeLessThan(mean(0, "total"));
      expect(mean(45, "accuracy")).toBeGreaterThanOrEqual(mean(0, "accuracy"));
      expect(history).toMatchObject({ iterations: 60, keptIteration: 60, stoppedEarly: false });
      expect(history.settings.attribute).toEqual({ name: "size", index: 1, from: 0, to: 1 });
      expect(history.solverGap.max).toBeGreaterThanOrEqual(history.solverGap.mean);
      expect(onProgress).toHaveBeenCalledTimes(60);
      expect(onProgress.mock.lastCall![0]).toMatchObject({ iteration: 60, iterations: 60, learningRate: 2e-2 });
      direction.dispose();
    },
  );

  it("draws T from [α/4, α] once a batch, and repeats with its seed", async () => {
    const runs = await Promise.all(
      [0, 1].map(async () => {
        const direction = depth(1);
        const history = await trainDirection(direction, { ...base, maxTime: 8 });
        return { history, weights: weightsOf(direction) };
      }),
    );
    for (const { time } of runs[0]!.history.batches) {
      expect(time).toBeGreaterThanOrEqual(2);
      expect(time).toBeLessThanOrEqual(8);
    }
    expect(runs[0]!.history.batches).toEqual(runs[1]!.history.batches);
    expect(runs[0]!.weights).toEqual(runs[1]!.weights);
  });

  it("cached logits give the numbers of the paper preset's second pass", async () => {
    const [cached, paper] = [depth(1), depth(1)];
    const logits = vi.spyOn(model, "logits");
    const first = await trainDirection(cached, { ...base, maxTime: 6 });
    const cachedCalls = logits.mock.calls.length;
    const second = await trainDirection(paper, { ...base, preset: "paper", iterations: 8, batchSize: 6 });
    const paperCalls = logits.mock.calls.length - cachedCalls;
    logits.mockRestore();
    expect(paperCalls).toBe(cachedCalls + 8);
    first.batches.forEach((batch, i) => {
      expect(batch.total).toBeCloseTo(second.batches[i]!.total, 6);
    });
    expect(first.settings.cacheLogits).toBe(true);
    expect(second.settings).toMatchObject({ cacheLogits: false, solver: { method: "rk4", steps: 1 } });
  });

  it("the paper preset is the released code's schedule", async () => {
    const controller = new AbortController();
    const seen: number[] = [];
    const promise = trainDirection(depth(1), {
      model,
      attribute: { index: 0 },
      codes,
      preset: "paper",
      onProgress: (p) => {
        seen.push(p.iterations, p.learningRate);
        controller.abort();
      },
      signal: controller.signal,
    });
    await expect(promise).rejects.toThrow(AbortError);
    expect(seen).toEqual([1000, 1e-3]);
  });

  it("the rate halves at its step", async () => {
    const history = await trainDirection(depth(-1), { ...base, iterations: 5, decayEvery: 2 });
    expect(history.batches.map((b) => b.learningRate)).toEqual([1e-3, 1e-3, 5e-4, 5e-4, 2.5e-4]);
  });

  it("accumulated batches make one step of their mean", async () => {
    const history = await trainDirection(depth(1), { ...base, iterations: 2, accumulate: 3 });
    expect(history.batches.length).toBe(2);
  });

  it.each(["adjoint", "checkpointed"] as const)(
    "gradient %s trains to about the same weights with many steps",
    async (gradient) => {
      const [a, b] = [depth(1), depth(1)];
      const solver = { method: "rk4", steps: 12 } as const;
      await trainDirection(a, { ...base, iterations: 3, solver, maxTime: 2 });
      await trainDirection(b, { ...base, iterations: 3, solver, maxTime: 2, gradient });
      expect(a.solver).toEqual(solver);
      weightsOf(a)
        .flat()
        .forEach((x, i) => {
          expect(x).toBeCloseTo(weightsOf(b).flat()[i]!, 2);
        });
    },
  );

  it("trains any class pair, and both ways", async () => {
    const history = await trainDirection(depth(1), {
      ...base,
      attribute: { name: "shape", from: 1, to: 0 },
      bothWays: true,
      iterations: 12,
    });
    expect(history.settings.attribute).toEqual({ name: "shape", index: 0, from: 1, to: 0 });
    expect(new Set(history.batches.map(({ time }) => Math.sign(time)))).toEqual(new Set([1, -1]));
  });

  it("takes an identity loss and a custom loss", async () => {
    const identity = await trainDirection(depth(1), { ...base, identity: embedder, iterations: 3 });
    expect(identity.batches[0]!.preservationLoss).toBeGreaterThan(0);
    const custom = await trainDirection(depth(1), {
      ...base,
      iterations: 3,
      loss:
        ({ originalLogits }) =>
        (logits) =>
          tf.mean(tf.square(tf.sub(logits[0]!, originalLogits[0]!))) as tf.Scalar,
    });
    expect(custom.batches.every(({ preservationLoss }) => preservationLoss === 0)).toBe(true);
  });

  it("validates by the loss it trains: the identity term, or the custom loss", async () => {
    const validation = { codes: heldOut, every: 3 };
    const last = { iterations: 3, maxTime: 2, validation };
    const trained = depth(1);
    const identity = await trainDirection(trained, { ...base, ...last, identity: embedder });
    const starts = await startsOf("size", 0);
    const expected = tf.tidy(() => {
      const embed = (w: tf.Tensor2D) => embedder.embed(generator.synthesize(w));
      const w = tf.tensor2d(starts);
      return tf.sub(1, tf.mean(tf.sum(tf.mul(embed(trained.flow(w, 2)), embed(w)), 1))).dataSync()[0]!;
    });
    expect(identity.validations[0]!.preservationLoss).toBeCloseTo(expected, 5);
    const { total, attributeLoss, preservationLoss } = identity.validations[0]!;
    expect(total).toBeCloseTo(attributeLoss + preservationLoss, 10);

    const before = tf.memory().numTensors;
    const custom = await trainDirection(trained, {
      ...base,
      ...last,
      loss: () => (logits) => tf.add(tf.mul(tf.mean(logits[0]!), 0), 7) as tf.Scalar,
    });
    expect(custom.validations[0]).toMatchObject({ attributeLoss: 7, preservationLoss: 0, total: 7 });
    expect(tf.memory().numTensors).toBe(before);
    trained.dispose();
  });

  it.each([
    ["the loss", { accumulate: 2 }, "lossAndGradient", 4],
    ["the logits", { cacheLogits: false }, "logits", 5],
    ["an embedded image", { identity: embedder }, "synthesize", 2],
    ["a validation", { validation: { codes: heldOut, every: 1 } }, "logits", 7],
  ] as const)("leaks nothing when %s fails in the middle", async (_, options, method, failing) => {
    const failingModel = tfjsModel({ generator, regressor, embedder });
    const working = failingModel[method].bind(failingModel) as (...args: unknown[]) => Promise<unknown>;
    let calls = 0;
    failingModel[method] = async (...args: unknown[]) => {
      if (++calls === failing) throw new Error("device lost");
      return working(...args) as never;
    };
    const direction = depth(2);
    const before = tf.memory().numTensors;
    await expect(trainDirection(direction, { ...base, ...options, model: failingModel })).rejects.toThrow("device lost");
    expect(calls).toBe(failing);
    expect(tf.memory().numTensors).toBe(before);
    direction.dispose();
  });

  it("leaks nothing when a custom loss throws, or does not depend on the codes", async () => {
    const direction = depth(1);
    const before = tf.memory().numTensors;
    const throwing = () => () => {
      throw new Error("no such loss");
    };
    await expect(trainDirection(direction, { ...base, loss: throwing })).rejects.toThrow("no such loss");
    await expect(trainDirection(direction, { ...base, loss: () => () => tf.scalar(7) })).rejects.toThrow(/gradient/);
    expect(tf.memory().numTensors).toBe(before);
    direction.dispose();
  });

  it("a trained flow goes there and back again: within 1e-3 at t = 6 with a converged solver", async () => {
    const direction = depth(2);
    const history = await trainDirection(direction, {
      ...base,
      iterations: 150,
      batchSize: 16,
      learningRate: 2e-2,
    });
    // It has learnt: most edits arrive, at first few did.
    const arrived = (from: number) =>
      history.batches.slice(from, from + 50).reduce((sum, { accuracy }) => sum + accuracy / 50, 0);
    expect(history.batches[0]!.accuracy).toBeLessThan(0.5);
    expect(arrived(100)).toBeGreaterThan(0.7);
    const [rows, gone, returned] = tf.tidy(() => {
      const w = tf.tensor2d(heldOut.data, [40, D]);
      const there = direction.flow(w, 6, { solver: CONVERGED_SOLVER });
      const back = direction.flow(there, -6, { solver: CONVERGED_SOLVER });
      const length = (x: tf.Tensor) => tf.norm(x, "euclidean", 1).dataSync();
      return [length(w), length(tf.sub(there, w)), length(tf.sub(back, w))] as const;
    });
    rows.forEach((length, i) => {
      expect(gone[i]).toBeGreaterThan(1);
      expect(returned[i]! / length).toBeLessThan(1e-3);
    });
    direction.dispose();
  });

  it("validates on held-out codes, stops early and keeps the best weights", async () => {
    const direction = depth(1);
    const history = await trainDirection(direction, {
      ...base,
      iterations: 60,
      learningRate: 0.5,
      validation: { codes: heldOut, every: 2 },
      earlyStopping: { patience: 2 },
    });
    const best = history.validations.reduce((a, b) => (b.total < a.total ? b : a));
    expect(history.keptIteration).toBe(best.iteration);
    expect(history.stoppedEarly).toBe(true);
    expect(history.iterations).toBe(best.iteration + 4);
  });
});
