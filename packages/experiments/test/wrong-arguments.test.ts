import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { JUNK as ANYWHERE, complaint } from "../../../tools/wrong-arguments.js";
import * as experiments from "../src/index.js";
import { madeUpResults } from "./made-up/results.js";

const root = mkdtempSync(join(tmpdir(), "latentflow-wrong-"));
afterAll(() => rm(root, { recursive: true, force: true }));

const results = madeUpResults();
const attribute = results.attributes[0]!;
const [style] = [...experiments.methodStyles(results).values()];
const { evaluation } = attribute.methods[0]!;
const picture = { width: 2, height: 2, data: new Uint8Array(12) };
const frames = {
  ...{ method: "ode-1", label: "a flow", attribute: "size", times: [0, 1], samples: 1, height: 2, width: 2 },
  data: new Uint8Array(24),
};
const figure = { title: "size edited", labels: ["a"], times: [0, 1], rows: [[picture, picture]] };
const { signal } = new AbortController();
const pictures = { strip: () => "missing" as const, movie: () => "missing" as const };
const nothing = { methods: [], analyses: [] };
const stopped = AbortSignal.abort();

type Call = readonly [f: (...args: never[]) => unknown, args: readonly unknown[], options?: Readonly<Record<string, unknown>>];

/** A right call of every public function; the last argument is options where the second list names what they hold. */
const calls: Readonly<Record<string, Call>> = {
  resolveConfig: [experiments.resolveConfig, [{ preset: "quick" }]],
  runCommand: [experiments.runCommand, [["--version"]]],
  parseShard: [experiments.parseShard, ["1/2"]],
  shardOfScheduler: [(env: never) => experiments.shardOfScheduler(env) ?? "none", [{}]],
  csvTables: [experiments.csvTables, [results, nothing]],
  reportPage: [experiments.reportPage, [results, pictures, ["csv/a.csv"], nothing]],
  summaryMarkdown: [experiments.summaryMarkdown, [results]],
  writeReport: [experiments.writeReport, [results, join(root, "report"), nothing]],
  methodStyles: [experiments.methodStyles, [results]],
  flowVerdicts: [experiments.flowVerdicts, [attribute]],
  cdPlot: [experiments.cdPlot, ["CD curves", [{ style, evaluation }]], { compact: true }],
  grid: [experiments.grid, [[picture, picture]], { columns: 2, gap: 1, background: [0, 0, 0] }],
  enlarge: [experiments.enlarge, [picture], { factor: 2, look: "smooth" }],
  shrink: [experiments.shrink, [picture, 2]],
  pingPong: [experiments.pingPong, [[1, 2, 3]]],
  toRgb8: [experiments.toRgb8, [[0, 1]]],
  encodePng: [experiments.encodePng, [picture]],
  encodeGif: [experiments.encodeGif, [[picture]], { framesPerSecond: 5 }],
  encodeMp4: [experiments.encodeMp4, [[picture]], { framesPerSecond: 5 }],
  stripFigure: [experiments.stripFigure, [], figure],
  writeMethodPictures: [experiments.writeMethodPictures, [frames, join(root, "method"), signal]],
  writeComparisonPictures: [experiments.writeComparisonPictures, [[frames], join(root, "comparison"), signal]],
  verifyExperiment: [
    (out: never) =>
      experiments
        .verifyExperiment(out)
        .catch((error) => (/without run.json/.test(error.message) ? "looked" : Promise.reject(error))),
    [root],
  ],
  reportExperiment: [
    (out: never, options: never) =>
      experiments
        .reportExperiment(out, options)
        .catch((error) => (/without run.json/.test(error.message) ? "looked" : Promise.reject(error))),
    [root],
    { to: root, extensions: nothing, onEvent: () => undefined, signal },
  ],
  runExperiment: [
    // Stopped before it begins, and as such right.
    (options: never, run: never) =>
      experiments.runExperiment(options, run).catch((error) => (error.name === "AbortError" ? "stopped" : Promise.reject(error))),
    [{ preset: "quick" }],
    {
      ...{ out: join(root, "run"), steps: ["fit"], engine: "tfjs", workers: 1, shard: { index: 0, count: 2 }, replace: true },
      ...{ extensions: nothing, rerun: "again", onEvent: () => undefined, signal: stopped },
    },
  ],
  buildStudy: [
    (out: never, options: never) =>
      experiments
        .buildStudy(out, options)
        .catch((error) => (/without run.json/.test(error.message) ? "looked" : Promise.reject(error))),
    [root],
    {
      ...{ against: "interfacegan", method: "ode-1", to: root, attributes: ["size"], targets: { size: "large" } },
      ...{ seed: 1, count: 2, starts: 2, people: 2, engine: "tfjs", signal },
    },
  ],
  tallyStudies: [
    (out: never, files: never, options: never) =>
      experiments
        .tallyStudies(out, files, options)
        .catch((error) => (/without run.json/.test(error.message) ? "looked" : Promise.reject(error))),
    [root, ["a.json"]],
    { to: root, extensions: nothing, onEvent: () => undefined, signal },
  ],
  releasedExperiment: [
    (path: never, dataset: never) =>
      experiments
        .releasedExperiment(path, dataset)
        .catch((error) => (/has no folder models/.test(error.message) ? "looked" : Promise.reject(error))),
    [root, "ffhq"],
  ],
  trainInExperiment: [experiments.trainInExperiment, []],
  trainingSettings: [experiments.trainingSettings, [experiments.resolveConfig().train]],
};

/** What is right, too, though it is of another kind. */
const TOO_LENIENT: Readonly<Record<string, readonly string[]>> = {
  // What is left out is the default.
  resolveConfig: ["undefined", "{}"],
  shardOfScheduler: ["{}", "{data,shape}"],
  // Names no command: exit code 2.
  "runCommand 0": ["[]", '["x"]'],
  "csvTables 1": ["undefined", "{}"],
  "reportPage 1": ["undefined"],
  "reportPage 2": ["undefined", "[]", '["x"]'],
  "reportPage 3": ["undefined", "{}"],
  "writeReport 2": ["undefined", "{}"],
  "writeReport 1": ['"x"'],
  "cdPlot 0": ['"x"'],
  "cdPlot 1": ["[]"],
  // Any list has a way back.
  pingPong: ["[]", "[[]]", "[null]", '["x"]'],
  toRgb8: ["[]"],
  "writeMethodPictures 1": ['"x"'],
  "writeMethodPictures 2": ["undefined"],
  "writeComparisonPictures 1": ['"x"'],
  "writeComparisonPictures 2": ["undefined"],
  verifyExperiment: ['"x"'],
  "reportExperiment 0": ['"x"'],
  "reportExperiment to": ['"x"'],
  "reportExperiment extensions": ["{}"],
  "reportExperiment onEvent": ["function"],
  "buildStudy 0": ['"x"'],
  "buildStudy against": ['"x"'],
  "buildStudy method": ['"x"'],
  "buildStudy to": ['"x"'],
  // The run says which attributes there are.
  "buildStudy attributes": ["[]", "[[]]", "[null]", '["x"]'],
  "buildStudy targets": ["{}", "{data,shape}"],
  "releasedExperiment 0": ['"x"'],
  "tallyStudies 0": ['"x"'],
  "tallyStudies 1": ["[]", '["x"]'],
  "tallyStudies to": ['"x"'],
  "tallyStudies extensions": ["{}"],
  "tallyStudies onEvent": ["function"],
  "runExperiment 0": ["undefined", "{}"],
  "runExperiment out": ['"x"'],
  "runExperiment rerun": ['"x"'],
  "runExperiment steps": ["[]"],
  "runExperiment extensions": ["{}"],
  "runExperiment onEvent": ["function"],
  "runExperiment shard": ["null"],
  "stripFigure title": ['"x"'],
  "stripFigure labels": ['["x"]'],
};

const JUNK: readonly (readonly [string, unknown])[] = [...ANYWHERE, ["{data,shape}", { data: [1], shape: 3 }]];

const run = async (f: (...args: never[]) => unknown, args: readonly unknown[]) => f(...(args as never[]));

it("has a call of every public function", () => {
  // Types and templates have no arguments to be checked when they run.
  const unchecked = ["markup", "defineExperiment", "defineExtensions"];
  const functions = Object.entries(experiments).filter(
    ([, value]) => typeof value === "function" && !/^class/.test(String(value)),
  );
  expect(functions.map(([name]) => name).filter((name) => !(name in calls) && !unchecked.includes(name))).toEqual([]);
});

describe.each(Object.entries(calls))("%s", (name, [f, args, options]) => {
  const all = options ? [...args, options] : args;
  const isMeant = (key: string | number, what: string) =>
    [...(TOO_LENIENT[name] ?? []), ...(TOO_LENIENT[`${name} ${key}`] ?? [])].includes(what);

  beforeAll(() => {
    // Commands print.
    for (const stream of [process.stdout, process.stderr]) vi.spyOn(stream, "write").mockReturnValue(true);
    return () => vi.restoreAllMocks();
  });

  it.skipIf(all.length === 0)("takes what is right", async () => {
    await expect(run(f, all)).resolves.toBeDefined();
  });

  it("refuses each argument that is missing or of another kind", async () => {
    const complaints: string[] = [];
    for (const i of (args.length > 0 ? args : options ? [] : [0, 1]).keys()) {
      for (const [what, junk] of JUNK) {
        if (isMeant(i, what)) continue;
        const found = await complaint(f, all.length > 0 ? all.with(i, junk) : Array.from({ length: i + 1 }, () => junk));
        if (found) complaints.push(`argument ${i} = ${what}: ${found}`);
      }
    }
    expect(complaints).toEqual([]);
  });

  it.skipIf(!options)("refuses options of another kind, each by its name, and unknown ones", async () => {
    const complaints: string[] = [];
    for (const junk of [null, "x", 5, [1]]) {
      await expect(run(f, [...args, junk])).rejects.toThrow(/expected an options object/);
    }
    await expect(run(f, [...args, { ...options, banana: 1 }])).rejects.toThrow(/"banana"/);
    for (const key of Object.keys(options!)) {
      for (const [what, junk] of JUNK.slice(1)) {
        if (isMeant(key, what)) continue;
        const found = await complaint(f, [...args, { ...options, [key]: junk }]);
        if (found) complaints.push(`${key} = ${what}: ${found}`);
      }
    }
    expect(complaints).toEqual([]);
  });
});
