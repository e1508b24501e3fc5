import { mkdtempSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { useBackend } from "@latentflow/backend";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runExperiment } from "../src/index.js";
import { editCodes } from "../src/run/edit-codes.js";
import { tinyExperiment } from "./process/experiment.js";

const out = mkdtempSync(join(tmpdir(), "latentflow-both-ways-"));
beforeAll(() => useBackend("wasm"));
afterAll(() => rm(out, { recursive: true, force: true }));

it("an attribute is edited there and back in one run, each way with its own folder, directions and rows", async () => {
  const model = fileURLToPath(new URL("./process/tiny-model.ts", import.meta.url));
  const there = { name: "size", from: 0, to: 1 };
  const back = { name: "size", from: 1, to: 0 };
  const methods = ["interfacegan", "projected", "constant"];
  const experiment = tinyExperiment(model, { attributes: [there, back], methods });
  const { results, report } = (await runExperiment(experiment, { out }))!;
  expect(results.missing).toEqual([]);
  expect(results.attributes).toMatchObject([there, back]);
  for (const step of ["train", "evaluate", "analyze"])
    expect((await readdir(join(out, step))).sort()).toEqual(["size", "size.1-0"]);
  // "size" is linear: a line found for each way gets nearly all starts of its own class to the other.
  for (const { methods } of results.attributes) expect(methods[0]!.evaluation!.maxControl).toBeGreaterThan(0.9);
  for (const { methods } of results.attributes) expect(methods[1]!.fit!.projection!.conditions).toEqual(["shape", "colour"]);
  const rows = (await readFile(join(out, "csv/areas.csv"), "utf8")).split("\r\n").slice(1, -1);
  expect(new Set(rows.map((row) => row.split(",")[0]))).toEqual(new Set(["size (0 → 1)", "size (1 → 0)"]));
  const page = await readFile(report, "utf8");
  for (const name of ["size (0 → 1)", "size (1 → 0)"]) expect(page).toContain(`-name">${name}</h2>`);
  const request = { out, count: 6, seed: 1, frames: 2, engine: "auto", method: "interfacegan" } as const;
  expect((await editCodes({ ...request, attribute: "size.1-0" })).changes.map(({ after }) => after)).toEqual(Array(6).fill(0));
  expect((await editCodes({ ...request, attribute: "size" })).changes.map(({ after }) => after)).toEqual(Array(6).fill(1));
  await expect(editCodes({ ...request, attribute: "size.0-1" })).rejects.toThrow("one of size, size.1-0");
});
