import { mkdtempSync } from "node:fs";
import { copyFile, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { useBackend } from "@latentflow/backend";
import { writeSafetensors } from "@latentflow/checkpoints";
import { AbortError, SeededRandom } from "@latentflow/core";
import { LinearDirection, labelsAlong, tfjsModel } from "@latentflow/latent-edit";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ExperimentOptions, type RunEvent, runExperiment } from "../src/index.js";
import { keptLabelsAlong } from "../src/steps/evaluate/kept-labels.js";
import { tinyExperiment } from "./process/experiment.js";
import tinyModel, { D } from "./process/tiny-model.js";

const model = (name: string) => fileURLToPath(new URL(`./process/${name}.ts`, import.meta.url));
const TINY = tinyExperiment(model("tiny-model"), { methods: ["constant"], attributes: ["size"] });
const IN_BATCHES = { ...TINY, evaluate: { ...TINY.evaluate, batchSize: 6 } };

const root = mkdtempSync(join(tmpdir(), "latentflow-interrupted-"));
const out = (name: string) => join(root, name);

beforeAll(() => useBackend("wasm"));
afterAll(() => rm(root, { recursive: true, force: true }));

/** Runs until a job has got so far, and gives the file from which it would go on. */
async function stopIn(name: string, job: string, options: ExperimentOptions): Promise<string> {
  const stop = new AbortController();
  const onEvent = (event: RunEvent) => {
    if (event.type === "progress" && event.job === job && event.done > 0.4) stop.abort();
  };
  const tensors = tf.memory().numTensors;
  await expect(runExperiment(options, { out: out(name), onEvent, signal: stop.signal })).rejects.toThrow("stopped");
  expect(tf.memory().numTensors).toBe(tensors);
  const folder = join(out(name), job, "..");
  return stateIn(folder);
}

/** The file in which a job of this folder left its state. */
async function stateIn(folder: string): Promise<string> {
  return join(folder, (await readdir(folder)).find((name) => name.endsWith(".state"))!, "checkpoint.safetensors");
}

/** Goes on; gives the numbers, and the images that a job still asked for. */
async function goOn(name: string, job: string, options: ExperimentOptions) {
  let images = 0;
  const onEvent = (event: RunEvent) => {
    if (event.type === "end" && event.job === job) images = event.images;
  };
  const { timings: _, ...numbers } = (await runExperiment(options, { out: out(name), onEvent }))!.results;
  return { numbers, images };
}

describe("an interrupted measurement", () => {
  const job = "evaluate/size/constant";

  it("goes on at the batch where it was, to the same numbers", async () => {
    const whole = await goOn("whole", job, IN_BATCHES);
    await stopIn("stopped", job, IN_BATCHES);
    const rest = await goOn("stopped", job, IN_BATCHES);
    expect(rest.numbers).toEqual(whole.numbers);
    expect(rest.images).toBe(whole.images / 2);
    expect((await readdir(out("stopped/evaluate/size"))).filter((file) => file.startsWith("."))).toEqual([]);
  });

  it("starts anew where the file is damaged, or another direction's", async () => {
    const whole = await goOn("undisturbed", job, IN_BATCHES);
    await truncate(await stopIn("damaged", job, IN_BATCHES), 60);
    expect(await goOn("damaged", job, IN_BATCHES)).toEqual(whole);
    const state = await stopIn("another", job, IN_BATCHES);
    await stopIn("other-seed", job, { ...IN_BATCHES, seed: 5 });
    await copyFile(await stateIn(out("other-seed/evaluate/size")), state);
    expect(await goOn("another", job, IN_BATCHES)).toEqual(whole);
  });
});

describe("an interrupted labelling", () => {
  const job = "sample/labels-0000";
  const options = { ...TINY, sample: { ...TINY.sample, batchSize: 20 } };

  it("keeps what it did of its chunk, and goes on there to the same numbers", async () => {
    const whole = await goOn("labelled", job, options);
    expect(whole.images).toBe(110);
    await stopIn("labelling", job, options);
    const rest = await goOn("labelling", job, options);
    // Stopped after 60 of 110.
    expect(rest.images).toBe(50);
    expect(rest.numbers).toEqual(whole.numbers);
    const [a, b] = await Promise.all(["labelled", "labelling"].map((name) => readFile(out(`${name}/${job}/logits.safetensors`))));
    expect(b).toEqual(a);
    expect((await readdir(out("labelling/sample"))).filter((file) => file.startsWith("."))).toEqual([]);
  });

  it("starts anew where the file is damaged, or of other codes", async () => {
    await truncate(await stopIn("damaged-labels", job, options), 60);
    expect((await goOn("damaged-labels", job, options)).images).toBe(110);
    const state = await stopIn("other-labels", job, options);
    await stopIn("other-codes", job, { ...options, seed: 5 });
    await copyFile(await stateIn(out("other-codes/sample")), state);
    expect((await goOn("other-labels", job, options)).images).toBe(110);
  });
});

describe("labels along an edit", () => {
  const codes = { data: new SeededRandom(3).normals(10 * D), shape: [10, D] as const };
  const times = [0, 0.5, 1, 2];

  /** A model that is stopped at one of its calls, and counts them. */
  function counting(stopAt = Number.POSITIVE_INFINITY) {
    const { generator, regressor } = tinyModel();
    const inner = tfjsModel({ generator, regressor });
    const stop = new AbortController();
    const model = {
      ...{ calls: 0, latentDim: inner.latentDim, attributes: inner.attributes, dispose: () => undefined },
      synthesize: (w: tf.Tensor) => inner.synthesize(w),
      lossAndGradient: inner.lossAndGradient.bind(inner),
      async logits(w: tf.Tensor) {
        if (++model.calls === stopAt) stop.abort();
        return inner.logits(w);
      },
    };
    return { model, signal: stop.signal };
  }

  it("stop at the edit length that is at work, and go on there; files of version 0.1.0 and other batch sizes are understood", async () => {
    const direction = new LinearDirection([1, 0.5, -1, 0.2]);
    const { model } = counting();
    const expected = await labelsAlong(direction, { model, codes, times, batchSize: 4 });
    expect(model.calls).toBe(12);
    const tensors = tf.memory().numTensors;
    const measure = async (scratch: string, stopAt?: number, batchSize = 4) => {
      const { model, signal } = counting(stopAt);
      const options = { ...{ model, codes, times, batchSize, signal }, scratch: out(scratch), madeOf: "these" };
      const labels = await keptLabelsAlong(direction, options).catch((error) => error as Error);
      return { labels, calls: model.calls };
    };
    for (const stopAt of [1, 3, 4, 6, 12]) {
      expect((await measure(`at-${stopAt}`, stopAt)).labels).toBeInstanceOf(stopAt === 12 ? Object : AbortError);
      expect(await measure(`at-${stopAt}`)).toEqual({ labels: expected, calls: stopAt === 12 ? 12 : 12 - stopAt });
    }
    await measure("other-size", 6);
    expect(await measure("other-size", undefined, 3)).toEqual({ labels: expected, calls: 8 });
    const old = { dtype: "int32", shape: [8, 3, 4], data: Int32Array.from(expected.data.subarray(0, 96)) } as const;
    await writeFile(out("old"), writeSafetensors(new Map([["labels", old]]), { madeOf: "these" }));
    expect(await measure("old")).toEqual({ labels: expected, calls: 4 });
    expect(tf.memory().numTensors).toBe(tensors);
    direction.dispose();
  });
});

describe("an interrupted training", () => {
  const job = "train/size/constant";
  const advice =
    /expected a whole checkpoint of this training in .*\.state\/checkpoint\.safetensors: .* Delete that file and run again/;

  it("goes on at the iteration where it was stopped, whatever train.checkpointEvery is", async () => {
    const options = { ...TINY, train: { ...TINY.train, checkpointEvery: 1000 } };
    const whole = await goOn("trained", job, options);
    await stopIn("training-stopped", job, options);
    const rest = await goOn("training-stopped", job, options);
    expect(rest.numbers).toEqual(whole.numbers);
    // 10 of 24 iterations were done; each asks for 8 edited pictures, and for some starts that it had not seen.
    expect(rest.images).toBeLessThan(whole.images * 0.65);
  });

  it("names a checkpoint that is damaged, and starts anew when it is deleted", async () => {
    const state = await stopIn("training", job, TINY);
    await truncate(state, 50);
    await expect(goOn("training", job, TINY)).rejects.toThrow(advice);
    await rm(state);
    expect((await goOn("training", job, TINY)).numbers.missing).toEqual([]);
  });

  it("names a checkpoint that is another file", async () => {
    const state = await stopIn("foreign", job, TINY);
    await copyFile(out("foreign/sample/codes/codes.safetensors"), state);
    await expect(goOn("foreign", job, TINY)).rejects.toThrow(advice);
  });
});

it("numbers that break along an edit stop a measurement: they are no first class", async () => {
  const options = tinyExperiment(model("nan-model"), { attributes: ["size"], methods: ["interfacegan"] });
  await expect(runExperiment(options, { out: out("broken") })).rejects.toThrow(/expected finite logits.*evaluate\.maxTime/);
});
