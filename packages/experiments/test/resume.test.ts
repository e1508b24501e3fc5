import { mkdtempSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { useBackend } from "@latentflow/backend";
import { writeNpy } from "@latentflow/checkpoints";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { readCodesFile } from "../src/cli/read-codes.js";
import { type ExperimentOptions, type RunEvent, reportExperiment, runExperiment } from "../src/index.js";
import { editCodes } from "../src/run/edit-codes.js";
import { tinyExperiment } from "./process/experiment.js";

const model = (name: string) => fileURLToPath(new URL(`./process/${name}.ts`, import.meta.url));
const small = { methods: ["constant"], attributes: ["size"] };
const CHANGING = tinyExperiment(model("changing-model"), small);

const root = mkdtempSync(join(tmpdir(), "latentflow-resume-"));
const out = (name: string) => join(root, name);

beforeAll(() => useBackend("wasm"));
afterEach(() => {
  delete process.env.LATENTFLOW_TEST_CONTRAST;
  delete process.env.LATENTFLOW_TEST_SHARPNESS;
  delete process.env.LATENTFLOW_TEST_RUN_FILE;
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Runs, and tells which jobs were done. */
async function run(name: string, options: ExperimentOptions = CHANGING, settings: object = {}) {
  const jobs: string[] = [];
  const onEvent = (event: RunEvent) => void (event.type === "end" && jobs.push(event.job));
  const result = await runExperiment(options, { out: out(name), onEvent, ...settings });
  return { jobs, result };
}

/** Replaces one field of a JSON file, by its path. */
async function setIn(file: string, path: string, value: string): Promise<void> {
  const content = JSON.parse(await readFile(file, "utf8"));
  const keys = path.split(".");
  const last = keys.pop()!;
  keys.reduce((inner, key) => inner[key], content)[last] = value;
  await writeFile(file, JSON.stringify(content));
}

describe("what a folder holds already", () => {
  it("is not taken for another generator's, also when the run's file was deleted", async () => {
    const { jobs } = await run("generator");
    process.env.LATENTFLOW_TEST_CONTRAST = "0.5";
    await expect(run("generator")).rejects.toThrow(/expected the generator, with which .* got one that makes other images/);
    await rm(out("generator/run.json"));
    expect((await run("generator")).jobs).toEqual(jobs);
    await rm(out("generator/run.json"));
    expect((await run("generator")).jobs).toEqual([]);
  });

  it("is not taken for another regressor's", async () => {
    const { jobs } = await run("regressor");
    process.env.LATENTFLOW_TEST_SHARPNESS = "0.25";
    await expect(run("regressor")).rejects.toThrow(/expected the regressor, with which .* got one that gives other answers/);
    await rm(out("regressor/run.json"));
    expect((await run("regressor")).jobs).toEqual(jobs);
  });

  it("is not taken for another backend's", async () => {
    await run("backend");
    await setIn(out("backend/run.json"), "world.environment.backend.name", "cpu");
    await expect(run("backend")).rejects.toThrow(/expected the tfjs backend "cpu", with which .* got "wasm"/);
  });

  it("decides the engine for its own model only", async () => {
    await run("engine", CHANGING, { steps: ["sample"] });
    await setIn(out("engine/run.json"), "config.model.path", "/another/model.js");
    await setIn(out("engine/run.json"), "world.environment.engine.name", "onnx");
    expect((await run("engine", CHANGING, { steps: ["sample"] })).jobs).toEqual([]);
  });

  it("decides the engine also when another process began the run a moment before", async () => {
    const options = tinyExperiment(model("racing-model"), small);
    await run("winner", options, { steps: ["sample"] });
    await setIn(out("winner/run.json"), "world.environment.engine.name", "onnx");
    process.env.LATENTFLOW_TEST_RUN_FILE = out("winner/run.json");
    process.env.LATENTFLOW_TEST_RUN_FILE_TO = out("loser/run.json");
    await expect(run("loser", options)).rejects.toThrow(
      /expected the engine "onnx", with which .* got "tfjs"\. Give --engine onnx/,
    );
    expect(JSON.parse(await readFile(out("loser/run.json"), "utf8")).world.environment.engine.name).toBe("onnx");
  });

  it("says with which versions and on which machines it was made", async () => {
    await run("versions");
    const here = JSON.parse(await readFile(out("versions/train/size/constant/job.json"), "utf8")).environment;
    await setIn(out("versions/run.json"), "world.environment.versions.node", "v1.0.0");
    const evaluated = out("versions/evaluate/size/constant/job.json");
    await setIn(evaluated, "environment.versions.tfjs", "9.9.9");
    await setIn(evaluated, "environment.machine", "another, 64 cores");
    const { environment } = (await reportExperiment(out("versions"))).results;
    expect(environment.versions).toEqual({ ...here.versions, tfjs: `${here.versions.tfjs}, 9.9.9` });
    expect(environment.machine).toBe(`${here.machine}; another, 64 cores`);
    await rm(out("versions/train/size/constant"), { recursive: true });
    await run("versions");
    const again = JSON.parse(await readFile(out("versions/train/size/constant/job.json"), "utf8")).environment;
    expect(again.versions.node).toBe(process.version);
  });

  it("is edited along only by directions of its settings", async () => {
    const request = { out: out("edited"), count: 2, seed: 1, frames: 2, engine: "auto" } as const;
    await run("edited");
    const { codes, changes } = await editCodes(request);
    expect(codes.shape).toEqual([2, 4]);
    // "size" is the sign of w's first entry; here its class goes up along the direction.
    expect(changes.map(({ after }) => after)).toEqual([0, 1].map((i) => Number(codes.data[4 * i]! > 0)));
    const many = await editCodes({ ...request, count: 70 });
    expect(many.changes).toHaveLength(70);
    expect(many.frames.data).toHaveLength(70 * 2 * 8 * 8 * 3);
    expect(many.frames.data.subarray(0, 8 * 8 * 3)).toEqual((await editCodes(request)).frames.data.subarray(0, 8 * 8 * 3));
    expect(many.frames.data.some((x, i) => i >= 69 * 2 * 8 * 8 * 3 && x !== many.frames.data[i % 192])).toBe(true);
    const file = out("wide.npy");
    await writeFile(file, writeNpy({ shape: [1, 8], dtype: "float32", data: new Float32Array(8) }));
    await expect(editCodes({ ...request, codes: await readCodesFile(file) })).rejects.toThrow(
      "edit: expected codes [n, 4], got [1, 8]",
    );
    await writeFile(file, writeNpy({ shape: [2, 4], dtype: "float64", data: new Float64Array(8).fill(0.5) }));
    expect((await editCodes({ ...request, codes: await readCodesFile(file) })).changes).toHaveLength(2);
    await writeFile(file, writeNpy({ shape: [1, 4], dtype: "float32", data: new Float32Array(4).fill(Number.NaN) }));
    await expect(readCodesFile(file)).rejects.toThrow("finite numbers");
    await run("edited", { ...CHANGING, train: { ...CHANGING.train, learningRate: 0.1 } }, { steps: ["sample"] });
    await expect(editCodes(request)).rejects.toThrow(/edit: expected size by constant to be found with the settings of/);
  });
});
