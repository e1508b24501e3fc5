import { mkdtempSync } from "node:fs";
import { readFile, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { useBackend } from "@latentflow/backend";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ExperimentResults, type RunEvent, reportExperiment, runExperiment } from "../src/index.js";
import { tinyExperiment } from "./process/experiment.js";

const model = (name: string) => fileURLToPath(new URL(`./process/${name}.ts`, import.meta.url));
const TINY = tinyExperiment(model("tiny-model"));

const root = mkdtempSync(join(tmpdir(), "latentflow-experiment-"));
const out = (name: string) => join(root, name);

beforeAll(() => useBackend("wasm"));
afterAll(() => rm(root, { recursive: true, force: true }));

/** Runs, and tells which jobs were done. */
async function run(name: string, options = TINY, settings: Partial<Parameters<typeof runExperiment>[1]> = {}) {
  const jobs: string[] = [];
  const onEvent = (event: RunEvent) => void (event.type === "end" && jobs.push(event.job));
  const result = await runExperiment(options, { out: out(name), onEvent, ...settings });
  return { jobs, result };
}

/** All that must not depend on when and how fast a run was. */
export function withoutTimings({ timings, ...rest }: ExperimentResults): unknown {
  return { ...rest, jobs: timings.map(({ job, images }) => [job, images]) };
}

describe("an experiment", () => {
  it("goes from codes to a report whose numbers are complete", async () => {
    await run("tiny");
    const tensors = tf.memory().numTensors;
    const { result } = await run("whole");
    expect(tf.memory().numTensors).toBe(tensors);
    const { results, report } = result!;
    expect(results.missing).toEqual([]);
    expect(results.attributes.map(({ name, from, to }) => [name, from, to])).toEqual([
      ["size", 0, 1],
      ["shape", 1, 2],
    ]);
    for (const { methods, comparison, probes } of results.attributes) {
      expect(methods.map(({ id }) => id)).toEqual(["interfacegan", "projected", "ganspace", "constant", "ode-1"]);
      expect(comparison!.paired).toHaveLength(10);
      expect(probes!.linear).toBeGreaterThan(probes!.baseline);
      for (const { evaluation, analysis, kind } of methods) {
        expect(evaluation!.times).toEqual([0, 0.75, 1.5, 2.25, 3]);
        expect(evaluation!.control[0]).toBe(0);
        evaluation!.control.forEach((c, t) => {
          expect(c).toBeGreaterThanOrEqual(evaluation!.bands.control.lower[t]!);
          expect(c).toBeLessThanOrEqual(evaluation!.bands.control.upper[t]!);
        });
        if (kind === "linear") expect(analysis!.straightness.mean).toBeCloseTo(1, 5);
        const { counts, never } = analysis!.flipHistogram;
        expect(counts.reduce((a, b) => a + b, never)).toBe(evaluation!.samples);
      }
    }
    // A linear attribute is found by a line.
    expect(results.attributes[0]!.methods[0]!.evaluation!.maxControl).toBeGreaterThan(0.9);
    expect(results.attributes[0]!.methods.at(-1)!.analysis!.singularEntropy).toHaveLength(2);
    expect(JSON.parse(await readFile(out("whole/results.json"), "utf8"))).toEqual(results);
    expect(await readFile(report, "utf8")).toContain("<html");
    const record = JSON.parse(await readFile(out("whole/train/size/ode-1/job.json"), "utf8"));
    expect(record).toMatchObject({
      config: { seed: 3 },
      environment: { seed: 3, backend: { name: "wasm" }, engine: { name: "tfjs" }, generator: { name: "tiny" } },
    });
    expect(record.environment.generator.fingerprint).toHaveLength(16);
  });

  it("gives the same JSON again, timings aside, and does nothing twice", async () => {
    const again = await run("again");
    const first = await run("whole");
    expect(first.jobs).toEqual([]);
    expect(withoutTimings(again.result!.results)).toEqual(withoutTimings(first.result!.results));
  });

  it("refuses steps and slices that there are not", async () => {
    await expect(run("none", TINY, { steps: ["trian" as "train"] })).rejects.toThrow(/expected steps to be one of.*"trian"/);
    await expect(run("none", TINY, { shard: { index: 2, count: 2 } })).rejects.toThrow("shard.index");
    await expect(run("none", TINY, { shard: { index: 0, count: 0 } })).rejects.toThrow("shard.count");
  });

  it("does again just what a changed setting concerns", async () => {
    const { jobs } = await run("again", { ...TINY, analyze: { ...TINY.analyze, bins: 3 } });
    expect(jobs).toHaveLength(10);
    expect(jobs.every((job) => job.startsWith("analyze/"))).toBe(true);
  });

  it("can be done step by step and slice by slice, with the same numbers", async () => {
    await run("slices", TINY, { steps: ["sample"] });
    const first = await run("slices", TINY, { shard: { index: 0, count: 2 } });
    expect(first.result).toBeNull();
    const partial = await reportExperiment(out("slices"));
    expect(partial.results.missing.length).toBeGreaterThan(0);
    await run("slices", TINY, { shard: { index: 1, count: 2 } });
    const { results } = await reportExperiment(out("slices"));
    const whole = (await run("whole")).result!.results;
    expect(results.missing).toEqual([]);
    expect(withoutTimings(results)).toEqual(withoutTimings(whole));
  });

  it("refuses a truncated file by name, and goes on when it is deleted", async () => {
    await truncate(out("slices/sample/codes/codes.safetensors"), 100);
    const changed = { ...TINY, fit: { ...TINY.fit, C: 2 } };
    await expect(run("slices", changed)).rejects.toThrow(/sample\/codes\/codes.safetensors to hold \d+ bytes, got 100/);
    await rm(out("slices/sample/codes"), { recursive: true });
    expect((await run("slices", changed)).result!.results.missing).toEqual([]);
  });

  it.each(["short", "doubles", "nan"])("refuses a module's codes that are %s", async (wrong) => {
    process.env.LATENTFLOW_TEST_CODES = wrong;
    const options = tinyExperiment(model("wrong-codes-model"));
    await expect(run(wrong, options)).rejects.toThrow(
      /expected sampleCodes\(330, 3\) to give a Float32Array of 330 · 4 finite numbers/,
    );
    delete process.env.LATENTFLOW_TEST_CODES;
  });

  it("stops at a loss that is not a number before it touches a weight", async () => {
    const options = tinyExperiment(model("nan-model"), { attributes: ["size"], methods: ["interfacegan", "constant"] });
    await expect(run("nan", options)).rejects.toThrow(/expected a finite loss.*learningRate/);
    expect((await reportExperiment(out("nan"))).results.missing).not.toContain("fit/size/interfacegan");
  });

  it("refuses another engine, and another generator in the place of the first", async () => {
    await expect(run("whole", { ...TINY, seed: 4 }, { engine: "onnx" })).rejects.toThrow("no toOnnx()");
    await expect(run("none", { ...TINY, model: { kind: "module", path: "/nowhere.js" } })).rejects.toThrow("model.path");
    const changing = tinyExperiment(model("changing-model"), { methods: ["constant"], attributes: ["size"] });
    await run("changing", changing, { steps: ["sample"] });
    process.env.LATENTFLOW_TEST_CONTRAST = "0.5";
    await expect(run("changing", changing)).rejects.toThrow("got one that makes other images");
    delete process.env.LATENTFLOW_TEST_CONTRAST;
    expect((await run("changing", changing)).result!.results.missing).toEqual([]);
  });

  it("makes pictures of the same starts by every method", async () => {
    const options = { ...TINY, attributes: ["size"], methods: ["interfacegan", "ode-1"], pictures: { samples: 1, frames: 3 } };
    const { results } = (await run("pictures", options)).result!;
    const { pictures, methods } = results.attributes[0]!;
    for (const { file } of [...pictures, ...methods.flatMap((method) => method.pictures)])
      expect((await readFile(out(`pictures/${file}`))).length).toBeGreaterThan(100);
    expect(pictures.length).toBeGreaterThan(0);
  });

  it("can be stopped, and goes on to the same numbers", async () => {
    const stop = new AbortController();
    const onEvent = (event: RunEvent) => {
      if (event.type === "progress" && event.job === "train/size/ode-1" && event.done > 0.5) stop.abort();
    };
    await expect(run("stopped", TINY, { signal: stop.signal, onEvent })).rejects.toThrow("stopped");
    const { jobs, result } = await run("stopped");
    expect(jobs).toContain("train/size/ode-1");
    expect(jobs).not.toContain("train/size/constant");
    const whole = (await run("whole")).result!.results;
    const images = ({ results }: { results: ExperimentResults }) => ({ ...(withoutTimings(results) as object), jobs: [] });
    expect(images(result!)).toEqual(images({ results: whole }));
  });
});
