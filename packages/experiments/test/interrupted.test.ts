import { mkdtempSync } from "node:fs";
import { copyFile, readdir, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { useBackend } from "@latentflow/backend";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ExperimentOptions, type RunEvent, runExperiment } from "../src/index.js";
import { tinyExperiment } from "./process/experiment.js";

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

describe("an interrupted training", () => {
  const job = "train/size/constant";
  const advice =
    /expected a whole checkpoint of this training in .*\.state\/checkpoint\.safetensors: .* Delete that file and run again/;

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
