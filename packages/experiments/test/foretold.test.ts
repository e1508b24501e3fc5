import { existsSync, mkdtempSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { useBackend } from "@latentflow/backend";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { ConfigError, type ExperimentOptions, type RunEvent, runExperiment } from "../src/index.js";
import { tinyExperiment } from "./process/experiment.js";

const root = mkdtempSync(join(tmpdir(), "latentflow-foretold-"));
const out = (name: string) => join(root, name);
const model = (name: string) => fileURLToPath(new URL(`./process/${name}.ts`, import.meta.url));
const small = { methods: ["interfacegan", "constant"], attributes: ["size"] };

beforeAll(() => useBackend("wasm"));
afterEach(() => {
  vi.restoreAllMocks();
  delete process.env.LATENTFLOW_TEST_STEP;
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function run(name: string, options: ExperimentOptions, settings: object = {}) {
  let begin: Extract<RunEvent, { type: "begin" }> | undefined;
  const onEvent = (event: RunEvent) => {
    if (event.type === "begin") begin = event;
  };
  const result = await runExperiment(options, { out: out(name), onEvent, ...settings });
  return { estimate: begin!.estimate, result };
}

describe("networks that can't be differentiated", () => {
  const options = tinyExperiment(model("undifferentiable-model"), small);

  it.each([
    ["copied", "Cannot compute gradient"],
    ["bits", "a gradient that is 0 everywhere: nothing depends on the code"],
    ["nan", "NaN"],
  ])("(%s) are refused before the first job, where methods are trained", async (step, reason) => {
    process.env.LATENTFLOW_TEST_STEP = step;
    const refused = run(step, options, { steps: ["sample"] });
    await expect(refused).rejects.toBeInstanceOf(ConfigError);
    await expect(refused).rejects.toThrow(
      /^model: expected networks that can be differentiated, since constant is trained, got: .* or take it out of methods\.$/s,
    );
    await expect(refused).rejects.toThrow(reason);
    expect(existsSync(out(`${step}/sample`))).toBe(false);
  });

  it("do where none is", async () => {
    process.env.LATENTFLOW_TEST_STEP = "bits";
    const { result } = await run("fitted", { ...options, methods: ["interfacegan"] });
    expect(result!.results.missing).toEqual([]);
  });

  it("leak nothing", async () => {
    process.env.LATENTFLOW_TEST_STEP = "bits";
    const tensors = tf.memory().numTensors;
    await run("leak", options).catch(() => undefined);
    expect(tf.memory().numTensors).toBe(tensors);
  });
});

it("styleWeights() that SeFa needs are asked for before the first job", async () => {
  const bare = tinyExperiment(model("bare-model"), { ...small, methods: ["sefa"] });
  await expect(run("bare", bare)).rejects.toThrow(/styleWeights\(\) for the method "sefa"/);
  expect(existsSync(out("bare/sample"))).toBe(false);
});

describe("what a run will take", () => {
  const options = tinyExperiment(model("tiny-model"), small);

  it("is told before the first job: time, memory, workers; and nothing where nothing is left", async () => {
    const { estimate } = await run("told", options);
    expect(estimate).toEqual({
      seconds: expect.any(Number),
      memory: expect.any(Number),
      available: expect.any(Number),
      workers: 1,
      imagesAtOnce: null,
    });
    expect(estimate!.seconds).toBeGreaterThan(0);
    expect(estimate!.memory).toBeGreaterThan(20e6);
    expect(estimate!.available).toBeGreaterThan(estimate!.memory);
    expect((await run("told", options)).estimate).toBeNull();
    expect(JSON.parse(await readFile(out("told/run.json"), "utf8")).atOnce).toBe(2 ** 14);
  });

  it("fits the memory: with none left batches are cut, which changes no label, and the run remembers it", async () => {
    const whole = (await run("whole", options)).result!.results;
    vi.spyOn(process, "availableMemory").mockReturnValue(0);
    vi.spyOn(process.memoryUsage, "rss").mockImplementation(rising());
    const cut = await run("cut", options);
    expect(cut.estimate).toMatchObject({ workers: 1, imagesAtOnce: 1 });
    vi.restoreAllMocks();
    const { attributes, sample } = cut.result!.results;
    expect(sample).toEqual(whole.sample);
    const [fitted, trained] = attributes[0]!.methods;
    expect(fitted!.evaluation).toEqual(whole.attributes[0]!.methods[0]!.evaluation);
    const loss = whole.attributes[0]!.methods[1]!.training!.curve.total.at(-1)!;
    expect(trained!.training!.curve.total.at(-1)).toBeCloseTo(loss, 3);
    expect(JSON.parse(await readFile(out("cut/run.json"), "utf8")).atOnce).toBe(1);
    await rm(out("cut/evaluate"), { recursive: true });
    expect((await run("cut", options)).estimate).toMatchObject({ imagesAtOnce: 1 });
  });

  it("is asked for whole batches in runs of version 0.1.0, whose numbers stay", async () => {
    await run("earlier", options, { steps: ["sample"] });
    const { atOnce: _, seal: __, ...earlier } = JSON.parse(await readFile(out("earlier/run.json"), "utf8"));
    await writeFile(out("earlier/run.json"), JSON.stringify(earlier));
    await run("earlier", options);
    expect(JSON.parse(await readFile(out("earlier/run.json"), "utf8")).atOnce).toBeUndefined();
  });

  it("is refused by name where the codes alone fit no memory", async () => {
    vi.spyOn(process, "availableMemory").mockReturnValue(0);
    const huge = { ...options, sample: { ...options.sample, codes: 9_000_000, chunk: 1_000_000 } };
    await expect(run("huge", huge)).rejects.toThrow(/expected codes that fit the memory, got sample\.codes 9000000/);
    expect((await readdir(root)).includes("huge") && (await readdir(out("huge"))).includes("sample")).toBe(false);
  });
});

/** Memory that grows with each look at it. */
function rising(): () => number {
  let bytes = 2 ** 30;
  return () => {
    bytes += 2 ** 26;
    return bytes;
  };
}
