import { mkdtempSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { useBackend } from "@latentflow/backend";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ConfigError, type ExperimentOptions, type RunEvent, runExperiment } from "../src/index.js";
import { tinyExperiment } from "./process/experiment.js";

const out = mkdtempSync(join(tmpdir(), "latentflow-replace-"));
const model = fileURLToPath(new URL("./process/tiny-model.ts", import.meta.url));
const TINY = tinyExperiment(model, { methods: ["interfacegan", "constant"], attributes: ["size"] });

beforeAll(async () => {
  await useBackend("wasm");
  await runExperiment(TINY, { out, steps: ["train"] });
});
afterAll(() => rm(out, { recursive: true, force: true }));

async function run(options: ExperimentOptions, settings: object) {
  const jobs: string[] = [];
  let replaced: Extract<RunEvent, { type: "begin" }>["replaced"] | undefined;
  const onEvent = (event: RunEvent) => {
    if (event.type === "begin") replaced = event.replaced;
    if (event.type === "end") jobs.push(event.job);
  };
  await runExperiment(options, { out, steps: ["train"], onEvent, ...settings });
  return { jobs, replaced };
}

const OTHER = { ...TINY, seed: 4, train: { ...TINY.train, temperature: 2 } };

it("a run with other settings is refused before anything is touched, and told what differs and what would be lost", async () => {
  const before = await readFile(join(out, "run.json"), "utf8");
  const refused = run(OTHER, { replace: false });
  await expect(refused).rejects.toBeInstanceOf(ConfigError);
  await expect(refused).rejects.toThrow(
    /got others: seed 3 → 4, train\.temperature 4 → 2\. 6 finished jobs \(sample\/codes, sample\/labels-0000, .*\) are/,
  );
  expect(await readFile(join(out, "run.json"), "utf8")).toBe(before);
  expect((await run(TINY, { replace: false })).jobs).toEqual([]);
});

it("what is merely added needs no permission", async () => {
  const more = { ...TINY, methods: ["interfacegan", "constant", "ode-1"], attributes: ["size", "colour"] };
  const { jobs, replaced } = await run(more, { replace: false });
  expect(jobs.sort()).toEqual(["train/colour/constant", "train/colour/ode-1", "train/size/ode-1"]);
  expect(replaced).toEqual({ jobs: [], changes: [] });
});

it("by default a program's run replaces, and its first event says what", async () => {
  const { jobs, replaced } = await run({ ...TINY, train: { ...TINY.train, temperature: 2 } }, {});
  expect(jobs).toEqual(["train/size/constant"]);
  expect(replaced).toMatchObject({ jobs, changes: expect.arrayContaining(["train.temperature 4 → 2"]) });
});
