import { mkdtempSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { useBackend } from "@latentflow/backend";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ExperimentResults, type RunEvent, runExperiment, summaryMarkdown } from "../src/index.js";
import { headline } from "../src/verdicts/headline.js";
import { tinyExperiment } from "./process/experiment.js";

const out = mkdtempSync(join(tmpdir(), "latentflow-no-starts-"));
const model = fileURLToPath(new URL("./process/rare-model.ts", import.meta.url));
const RARE = { name: "rare", from: 1, to: 0 };
const METHODS = ["interfacegan", "projected", "ganspace", "constant", "ode-1"];
const OPTIONS = tinyExperiment(model, {
  attributes: ["size", RARE, "flat"],
  methods: METHODS,
  pictures: { samples: 1, frames: 2 },
});

let results: ExperimentResults;
let ends: Extract<RunEvent, { type: "end" }>[];

async function run() {
  ends = [];
  const onEvent = (event: RunEvent) => void (event.type === "end" && ends.push(event));
  results = (await runExperiment(OPTIONS, { out, onEvent }))!.results;
}

beforeAll(async () => {
  await useBackend("wasm");
  await run();
});
afterAll(() => rm(out, { recursive: true, force: true }));

describe("an attribute without start codes", () => {
  it("ends no run: the others are measured as ever, and it is marked", () => {
    expect(results.missing).toEqual([]);
    const [size, rare] = results.attributes;
    for (const { evaluation, none } of size!.methods) expect([evaluation!.samples, none]).toEqual([24, null]);
    expect(size!.comparison!.paired).toHaveLength(10);
    for (const { id, evaluation, none } of rare!.methods) {
      expect([id, evaluation]).toEqual([id, null]);
      expect(none!.why).toBe("no starts");
      expect(none!.text).toContain(
        `Of 90 codes none shows class 1 of rare, and 2 are needed to start from: a larger sample.heldOut may`,
      );
    }
    expect(rare).toMatchObject({ comparison: null, pictures: [] });
    expect(ends.filter(({ none }) => none === "no starts").map(({ job }) => job)).toContain("train/rare/ode-1");
    expect(ends.find(({ job }) => job === "train/rare/ode-1")!.images).toBe(0);
  });

  it("is no work again when the command is repeated", async () => {
    await run();
    expect(ends).toEqual([]);
  });

  it("is said in the report, its headline, the summary and the tables", async () => {
    const page = await readFile(join(out, "report.html"), "utf8");
    expect(page).toContain("<b>No starts.</b> Of 90 codes none shows class 1 of rare");
    expect(headline(results).at(-1)).toBe(
      "No starts for rare: too few of the sampled codes show the class that the edit begins with.",
    );
    const row = summaryMarkdown(results)
      .split("\n")
      .find((line) => line.startsWith("| rare 1 → 0"));
    expect(row).toMatch(/^\| rare 1 → 0 \| no starts \|/);
    const table = (await readFile(join(out, "csv/no-results.csv"), "utf8")).split("\r\n");
    expect(table[0]).toBe("attribute,method,why,text");
    expect(table.filter((line) => line.startsWith("rare,")).map((line) => line.split(",")[2])).toEqual(
      METHODS.map(() => "no starts"),
    );
  });
});

describe("an attribute about which the regressor always says the same", () => {
  it("has no fitted direction and keeps no other from its own: trained edits and the others' projection go on", () => {
    const [size, , flat] = results.attributes;
    const why = Object.fromEntries(flat!.methods.map(({ id, none }) => [id, none?.why ?? null]));
    const none = "no direction";
    expect(why).toEqual({ interfacegan: none, projected: none, ganspace: none, constant: null, "ode-1": null });
    expect(flat!.comparison!.areas.map(({ method }) => method)).toEqual(["constant", "ode-1"]);
    expect(flat!.probes).not.toBeNull();
    const { projection } = size!.methods.find(({ id }) => id === "projected")!.fit!;
    expect(projection!.conditions).toEqual(["shape", "colour", "rare"]);
  });
});
