import { mkdtempSync } from "node:fs";
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { useBackend } from "@latentflow/backend";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ConfigError, runExperiment, verifyExperiment } from "../src/index.js";
import { examineRun } from "../src/run/verify-experiment.js";
import { tinyExperiment } from "./process/experiment.js";

const root = mkdtempSync(join(tmpdir(), "latentflow-verify-"));
const whole = join(root, "whole");

beforeAll(async () => {
  await useBackend("wasm");
  const model = fileURLToPath(new URL("./process/tiny-model.ts", import.meta.url));
  await runExperiment(tinyExperiment(model, { methods: ["interfacegan"] }), { out: whole, steps: ["fit"] });
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** A copy of the run whose files a test may damage. */
async function copyOf(name: string): Promise<string> {
  await cp(whole, join(root, name), { recursive: true });
  return join(root, name);
}

/** Flips one bit. */
async function flip(file: string, at: (length: number) => number): Promise<void> {
  const bytes = await readFile(file);
  bytes[at(bytes.length)]! ^= 1;
  await writeFile(file, bytes);
}

const lookAt = async (run: string) => {
  const found = [];
  for await (const finding of examineRun(run)) found.push(finding);
  return found;
};

it("finds every file of a finished run as it was written", async () => {
  const { jobs, files, damages } = await verifyExperiment(whole);
  // Codes, three chunks of labels and the summary; two directions with their records.
  expect({ jobs, files, damages }).toEqual({ jobs: 7, files: 9, damages: [] });
  expect(await lookAt(whole)).toEqual([
    { what: "run", state: "note", text: expect.stringMatching(/^tiny: 7 of \d+ jobs/) },
    { what: "files", state: "good", text: "9 files of 7 jobs are as they were written" },
  ]);
});

it("names each file in which one bit flipped, which is missing or cut, and says what to do", async () => {
  const run = await copyOf("damaged");
  const changed = ["sample/codes/codes.safetensors", "sample/labels-0001/logits.safetensors", "fit/shape/interfacegan/fit.json"];
  for (const file of changed) await flip(join(run, file), (length) => length - 8);
  const direction = "fit/size/interfacegan/direction.safetensors";
  await writeFile(join(run, direction), (await readFile(join(run, direction))).subarray(0, 100));
  await rm(join(run, "sample/summary/sample.json"));
  const { damages } = await verifyExperiment(run);
  const faults = new Map(damages.map(({ file, fault }) => [file, fault]));
  expect([...faults.keys()].sort()).toEqual([...changed, direction, "sample/summary/sample.json"].sort());
  for (const file of changed) expect(faults.get(file)).toBe("holds other contents than were written");
  expect(faults.get(direction)).toMatch(/^holds 100 bytes, expected \d+$/);
  expect(faults.get("sample/summary/sample.json")).toBe("is missing");
  const found = await lookAt(run);
  expect(found.filter(({ state }) => state === "bad")).toHaveLength(5);
  expect(found.at(-1)!.text).toBe("Delete the folders that hold them and run again: the rest is kept.");
});

it("finds changes in the records themselves; those of earlier versions have no hash of their own", async () => {
  const run = await copyOf("records");
  const record = join(run, "fit/size/interfacegan/job.json");
  const text = await readFile(record, "utf8");
  await writeFile(record, text.replace('"seed": 3', '"seed": 4'));
  await writeFile(join(run, "run.json"), (await readFile(join(run, "run.json"), "utf8")).replace('"seed": 3', '"seed": 4'));
  expect((await verifyExperiment(run)).damages).toEqual([
    { file: "run.json", fault: "holds other contents than were written" },
    { file: "fit/size/interfacegan/job.json", fault: "holds other contents than were written" },
  ]);
  expect((await lookAt(run)).at(-1)!.text).toContain("Delete run.json, and give the settings again");
  const { seal, ...earlier } = JSON.parse(text);
  expect(seal).toMatch(/^[0-9a-f]{64}$/);
  await writeFile(record, JSON.stringify(earlier));
  await cp(join(whole, "run.json"), join(run, "run.json"));
  expect((await verifyExperiment(run)).damages).toEqual([]);
  await writeFile(record, text.slice(0, -20));
  expect((await verifyExperiment(run)).damages).toEqual([
    { file: "fit/size/interfacegan/job.json", fault: "is no JSON any more" },
  ]);
});

it("wants the folder of a run", async () => {
  await expect(verifyExperiment(join(root, "none"))).rejects.toThrow(ConfigError);
  await expect(verifyExperiment("")).rejects.toThrow("verifyExperiment: expected the folder of a run, got");
  await expect(verifyExperiment(undefined as unknown as string)).rejects.toThrow(ConfigError);
});
