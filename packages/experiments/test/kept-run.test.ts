import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { useBackend } from "@latentflow/backend";
import { beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { type ExperimentResults, type RunEvent, reportExperiment, runExperiment, verifyExperiment } from "../src/index.js";
import tinyModel from "./process/tiny-model.js";

// A run's jobs are known by the path of their model, which is another one in every checkout.
vi.mock("../src/model/load-parts.js", () => ({ loadParts: async () => tinyModel() }));

/**
 * `reference/kept-run/run` was written by the packages as they were before their files got rooms: stopped in the training of ode-1, so that all which rests
 * on it is missing. `reference/kept-run/results.json` is what the same run came to when nothing stopped it.
 */
const kept = fileURLToPath(new URL("./reference/kept-run/", import.meta.url));
const MISSING = ["train/shape/ode-1", "evaluate/shape/ode-1", "evaluate/shape/comparison", "analyze/shape/ode-1"];

let out: string;
let whole: ExperimentResults;

beforeAll(async () => {
  await useBackend("wasm");
  whole = JSON.parse(await readFile(join(kept, "results.json"), "utf8"));
});
beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), "latentflow-kept-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  out = join(folder, "run");
  await cp(join(kept, "run"), out, { recursive: true });
});

/** Numbers that were computed again differ in their last digits on other processors. */
function closely(value: unknown): unknown {
  if (typeof value === "number") return Number.isInteger(value) ? value : expect.closeTo(value, 3);
  if (Array.isArray(value)) return value.map(closely);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, closely(item)]));
}

describe("a run's folder that an earlier version wrote", () => {
  it("opens: its files are whole, and its report shows all that is done", async () => {
    expect((await verifyExperiment(out)).damages).toEqual([]);
    const { results } = await reportExperiment(out);
    expect(results.missing).toEqual([...MISSING, "analyze/shape/probes"]);
    const [now, before] = [results, whole].map(({ attributes }) => attributes[0]!.methods.slice(0, 5));
    expect(now).toEqual(before);
    expect(results.sample).toEqual(whole.sample);
  });

  it("says its settings under today's names, and what other settings differ in", async () => {
    const { results } = await reportExperiment(out);
    expect(results.config.train).toMatchObject({ preservationWeight: 1 });
    expect(results.config.train).not.toHaveProperty("preservation");
    const other = { ...results.config, train: { ...results.config.train, preservationWeight: 2 } };
    const refused = runExperiment(other, { out, replace: false });
    await expect(refused).rejects.toThrow(/got others: train\.preservationWeight 1 → 2\. \d+ finished jobs/);
  });

  it("goes on: nothing that is done is done again, and the interrupted training ends as if it had not been stopped", async () => {
    const jobs: string[] = [];
    let first: number | undefined;
    const onEvent = (event: RunEvent) => {
      if (event.type === "end") jobs.push(event.job);
      if (event.type === "progress" && event.job === "train/shape/ode-1") first ??= event.done;
    };
    const { config } = JSON.parse(await readFile(join(out, "run.json"), "utf8"));
    const result = await runExperiment(config, { out, replace: false, onEvent });
    expect(jobs.sort()).toEqual([...MISSING, "analyze/shape/probes"].sort());
    expect(first).toBeGreaterThan(0.4);
    expect(result!.results.missing).toEqual([]);
    expect(result!.results.attributes).toEqual(closely(whole.attributes));
  });
});
