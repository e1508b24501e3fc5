import { mkdtempSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { useBackend } from "@latentflow/backend";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  csvTables,
  type ExperimentResults,
  type Extensions,
  type RunEvent,
  reportExperiment,
  reportPage,
  resolveConfig,
  runExperiment,
} from "../src/index.js";
import { bundle } from "./process/bundle.js";
import { command, numbersOf } from "./process/command.js";
import { tinyExperiment } from "./process/experiment.js";
import own from "./process/own-extensions.js";

const path = (name: string) => fileURLToPath(new URL(`./process/${name}.ts`, import.meta.url));
const METHODS = ["interfacegan", "class-means", "short-flow"];
const SETTINGS = { attributes: ["size"], methods: METHODS, train: { iterations: 12, batchSize: 8, maxTime: 3 } };
const root = mkdtempSync(join(tmpdir(), "latentflow-extensions-"));
const out = (name: string) => join(root, name);

beforeAll(() => useBackend("wasm"));
afterAll(() => rm(root, { recursive: true, force: true }));

/** What is there of both kinds of extension in a run's results and its report. */
async function expectShown(results: ExperimentResults, report: string, folder: string) {
  const [size] = results.attributes;
  expect(results.missing).toEqual([]);
  expect(size!.methods.map(({ id, kind }) => [id, kind])).toEqual([
    ["interfacegan", "linear"],
    ["class-means", "linear"],
    ["short-flow", "nonlinear"],
  ]);
  const [, means, flow] = size!.methods;
  expect(means!.fit!.note).toBe("Between the means of two classes.");
  expect(means!.evaluation!.maxControl).toBeGreaterThan(0.5);
  expect(flow!.training!.iterations).toBe(6);
  expect(size!.comparison!.paired).toHaveLength(3);
  for (const { extra, evaluation } of size!.methods) {
    const { changes, perStart } = extra!.restlessness as { changes: number; perStart: number[] };
    expect(perStart).toHaveLength(evaluation!.samples);
    expect(changes).toBe(perStart.reduce((sum, n) => sum + n, 0));
  }
  const { counts } = results.sample.attributes[0]!;
  const share = Math.max(...counts) / results.sample.codes;
  expect(size!.extra).toEqual({ lopsided: share });
  const page = await readFile(report, "utf8");
  for (const text of ["Class means", "Short flow", "Between the means of two classes.", "<h3>Restlessness</h3>"])
    expect(page).toContain(text);
  expect(page).toContain(`Lopsided: ${share.toFixed(3)}.`);
  expect(page).toContain("label changes along each path");
  const rows = (await readFile(join(folder, "csv/restlessness.csv"), "utf8")).trim().split("\r\n");
  expect(rows[0]).toBe("attribute,method,start,changes");
  expect(rows).toHaveLength(1 + size!.methods.reduce((sum, { evaluation }) => sum + evaluation!.samples, 0));
  expect(await readFile(join(folder, "csv/lopsided.csv"), "utf8")).toBe(`attribute,share\r\nsize,${share}\r\n`);
}

describe("methods and analyses from outside", () => {
  it("are found, measured, compared, computed, stored and shown; a report later is the same", async () => {
    const config = tinyExperiment(path("tiny-model"), SETTINGS);
    const run = () => runExperiment(config, { out: out("given"), extensions: own });
    const before = tf.memory().numTensors;
    const { results, report } = (await run())!;
    await expectShown(results, report, out("given"));
    const page = await readFile(report, "utf8");
    expect((await reportExperiment(out("given"), { extensions: own })).results).toEqual(results);
    expect(await readFile(report, "utf8")).toBe(page);
    expect(csvTables(results, own).get("restlessness.csv")).toBe(
      await readFile(join(out("given"), "csv/restlessness.csv"), "utf8"),
    );
    expect(csvTables(results).has("restlessness.csv")).toBe(false);
    expect(reportPage(results, undefined, [], own)).toContain("<h3>Restlessness</h3>");
    expect(tf.memory().numTensors).toBe(before);
  });

  it("leave a finished run be: without them nothing is done again, with them only what they add", async () => {
    const jobsOf = async (settings: object, extensions: Extensions) => {
      const jobs: string[] = [];
      const onEvent = (event: RunEvent) => void (event.type === "end" && jobs.push(event.job));
      const config = tinyExperiment(path("tiny-model"), { attributes: ["size"], methods: ["interfacegan"], ...settings });
      await runExperiment(config, { out: out("added"), extensions, onEvent });
      return jobs.sort();
    };
    await jobsOf({}, {});
    const { analyses } = own;
    expect(await jobsOf({}, { analyses: analyses! })).toEqual([
      "analyze/size/interfacegan_restlessness",
      "analyze/size/lopsided",
    ]);
    expect(await jobsOf({}, {})).toEqual([]);
  });

  it("come by path into worker threads, and into the report of a finished folder", async () => {
    const folder = await bundle("extensions");
    const file = join(root, "own.json");
    const options = {
      ...tinyExperiment(fileURLToPath(new URL("tiny-model.js", folder)), SETTINGS),
      extensions: fileURLToPath(new URL("own-extensions.js", folder)),
    };
    await writeFile(file, JSON.stringify(options));
    const args = ["--out", out("workers"), "--json"];
    const run = await command(folder, ["run", "--config", file, "--workers", "2", ...args]);
    expect([run.code, run.stderr]).toEqual([0, ""]);
    const results = (await numbersOf(out("workers"))) as ExperimentResults;
    await expectShown(results, join(out("workers"), "report.html"), out("workers"));
    await rm(join(out("workers"), "report.html"));
    expect((await command(folder, ["report", ...args])).code).toBe(0);
    await expectShown(results, join(out("workers"), "report.html"), out("workers"));
    expect((await command(folder, ["doctor", out("workers")])).code).toBe(0);
  });
});

describe("extensions are refused", () => {
  const run = (extensions: unknown, settings: object = {}, workers = 1) =>
    runExperiment(tinyExperiment(path("tiny-model"), settings), {
      ...{ out: out("refused"), workers },
      extensions: extensions as Extensions,
    });
  const method = own.methods![0]!;
  const analysis = own.analyses![0]!;

  it.each<[string, unknown, string]>([
    ["that are no object", "mine.js", "expected an options object"],
    ["with another field", { method: [] }, '"method" (did you mean "methods"?)'],
    ["that are no lists", { methods: method }, "expected extensions.methods to be a list"],
    [
      "with nothing in place of a method",
      { methods: [null] },
      "expected extensions.methods[0] to be { id, label, kind, step, find }, got null",
    ],
    [
      "with an id that is no folder's name",
      { methods: [{ ...method, id: "../x" }] },
      "expected extensions.methods[0].id to be letters",
    ],
    [
      "of a step that there is not",
      { methods: [{ ...method, step: "sample" }] },
      "extensions.methods[0].step to be one of fit, train",
    ],
    [
      "of another kind",
      { methods: [{ ...method, kind: "curved" }] },
      "extensions.methods[0].kind to be one of linear, nonlinear",
    ],
    [
      "that find nothing",
      { methods: [{ ...method, find: undefined }] },
      "extensions.methods[0].find to be a function, got undefined",
    ],
    ["with a name that is taken", { methods: [{ ...method, id: "ODE-1" }] }, '"ODE-1" twice'],
    ["with an analysis called like a method", { analyses: [{ ...analysis, id: "sefa" }] }, '"sefa" twice'],
    [
      "that are computed of nothing",
      { analyses: [{ ...analysis, of: "run" }] },
      "extensions.analyses[0].of to be one of method, attribute",
    ],
    [
      "that compute nothing",
      { analyses: [{ ...analysis, compute: 1 }] },
      "extensions.analyses[0].compute to be a function, got 1",
    ],
    [
      "with a table that is taken",
      { analyses: [{ ...analysis, csv: { ...analysis.csv, file: "curves.csv" } }] },
      '"curves.csv" twice',
    ],
    [
      "with a table outside",
      { analyses: [{ ...analysis, csv: { ...analysis.csv, file: "../a.csv" } }] },
      "csv.file to be a file's name in .csv",
    ],
    [
      "with a section nowhere",
      { analyses: [{ ...analysis, section: { place: "top", draw: () => false } }] },
      "section.place to be one of lead",
    ],
  ])("%s", async (_what, extensions, message) => {
    await expect(run(extensions)).rejects.toThrow(message);
    await expect(run(extensions)).rejects.toMatchObject({ name: "ConfigError" });
  });

  it("by several workers, unless a configuration names their module", async () => {
    await expect(run(own, {}, 2)).rejects.toThrow("expected workers 1 with `extensions`, got 2");
  });

  it("that can't be loaded, or are not there", async () => {
    await expect(run(undefined, { extensions: "/none.js" })).rejects.toThrow("config: could not load extensions, ");
    await expect(run(undefined, { extensions: path("experiment") })).rejects.toThrow("to have a default export");
    expect(() => resolveConfig({ methods: ["class-means"] })).toThrow("expected methods[0] to be one of");
    await expect(run(undefined, { methods: ["class-means"] })).rejects.toThrow("expected methods[0] to be one of");
    const named = { methods: ["nobody-knows"], extensions: path("own-extensions") };
    expect(resolveConfig(named).methods).toEqual(["nobody-knows"]);
    await expect(run(undefined, named)).rejects.toThrow("expected methods[0] to be one of");
  });
});
