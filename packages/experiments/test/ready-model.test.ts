import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { useBackend } from "@latentflow/backend";
import { AbortError } from "@latentflow/core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runExperiment } from "../src/index.js";
import { editCodes } from "../src/run/edit-codes.js";
import { tinyExperiment } from "./process/experiment.js";
import { ROWS } from "./process/plus-model.js";
import { D } from "./process/tiny-model.js";

const root = mkdtempSync(join(tmpdir(), "latentflow-ready-"));
const out = (name: string) => join(root, name);
const path = fileURLToPath(new URL("./process/ready-model.ts", import.meta.url));

beforeAll(() => useBackend("wasm"));
afterAll(() => rm(root, { recursive: true, force: true }));

/** Of the tiny networks of W+ codes the first half of the rows makes size, the second colour. */
const asked = tinyExperiment(path, {
  ...{ attributes: ["size", "colour"], rows: [0, ROWS / 2] },
  methods: ["interfacegan", "ode-1"],
});

it("a module's ready model with W+ codes: edits of some rows change what these rows make, and nothing else", async () => {
  const { results } = (await runExperiment(asked, { out: out("whole") }))!;
  expect(results.missing).toEqual([]);
  expect(results.environment).toMatchObject({ engine: { name: "own" }, codes: { rowCount: ROWS } });
  const reached = results.attributes.map(({ methods }) => methods.map(({ evaluation }) => evaluation!.maxControl));
  for (const size of reached[0]!) expect(size).toBeGreaterThan(0.9);
  for (const colour of reached[1]!) expect(colour).toBe(0);
  const colourAlongSize = results.attributes[0]!.methods[0]!.evaluation!.perAttribute[2]!;
  expect(Math.max(...colourAlongSize)).toBe(0);
  // New codes of the run are W+ as well.
  const request = { out: out("whole"), attribute: "size", method: "interfacegan", engine: "auto", frames: 2 } as const;
  const edited = await editCodes({ ...request, count: 2, seed: 1 });
  expect([edited.codes.shape, edited.rows]).toEqual([
    [2, ROWS, D],
    [0, ROWS / 2],
  ]);
});

it("an interrupted run goes on to the same numbers", async () => {
  const stop = new AbortController();
  const interrupted = runExperiment(asked, {
    out: out("interrupted"),
    signal: stop.signal,
    onEvent: (event) => {
      if (event.type === "progress" && event.job === "train/size/ode-1" && event.done > 0.3) stop.abort();
    },
  });
  await expect(interrupted).rejects.toThrow(AbortError);
  const [whole, resumed] = await Promise.all(
    ["whole", "interrupted"].map(async (name) => (await runExperiment(asked, { out: out(name) }))!.results.attributes),
  );
  expect(resumed!.map(({ methods }) => methods.map(({ evaluation }) => evaluation))).toEqual(
    whole!.map(({ methods }) => methods.map(({ evaluation }) => evaluation)),
  );
});
