import { mkdtempSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { useBackend } from "@latentflow/backend";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  csvTables,
  type ExperimentOptions,
  type ExperimentResults,
  flowVerdicts,
  type MethodResult,
  reportPage,
  runExperiment,
} from "../src/index.js";
import { headline } from "../src/verdicts/headline.js";
import { BROKEN } from "../src/verdicts/verdict.js";
import { madeUpResults } from "./made-up/results.js";
import { tinyExperiment } from "./process/experiment.js";

const path = (name: string) => fileURLToPath(new URL(`./process/${name}.ts`, import.meta.url));
const JUDGED: ExperimentOptions = {
  ...tinyExperiment(path("judged-model")),
  attributes: ["size"],
  methods: ["interfacegan", "constant", "ode-1"],
};
const root = mkdtempSync(join(tmpdir(), "latentflow-realism-"));
const rows = (csv: string) => csv.trim().split("\r\n").slice(1);

async function run(name: string, options: ExperimentOptions = JUDGED, settings: object = {}) {
  const jobs: string[] = [];
  const onEvent = (event: { type: string; job?: string }) => void (event.type === "end" && jobs.push(event.job!));
  const result = await runExperiment(options, { out: join(root, name), onEvent, ...settings });
  return { jobs, results: result?.results as ExperimentResults };
}

beforeAll(() => useBackend("wasm"));
afterAll(() => rm(root, { recursive: true, force: true }));

describe("a run whose networks have a judge", () => {
  let whole: ExperimentResults;
  beforeAll(async () => {
    whole = (await run("whole")).results;
  });

  it("says of every method whether its pictures are real: at the compared Controls, and where it gets furthest", async () => {
    expect(whole.missing).toEqual([]);
    expect(whole.environment.judge).toMatchObject({ network: "judge", features: 8 });
    expect(whole.environment.generator.mappingSlope).toBe(0.2);
    const [{ methods, comparison }] = whole.attributes as [ExperimentResults["attributes"][number]];
    for (const { realism, evaluation } of methods) {
      const { levels, largest } = realism!;
      expect(levels.map(({ control }) => control)).toEqual(
        [0.2, 0.4, 0.6, 0.8].filter((level) => level <= evaluation!.maxControl),
      );
      expect(largest!.control).toBe(evaluation!.maxControl);
      expect(evaluation!.times).toContain(largest!.t);
      for (const { distance, interval, outside, outsideInterval, pictures } of [...levels, largest!]) {
        expect(pictures).toBe(24);
        expect(interval![0]).toBeLessThan(distance!);
        expect(interval![1]).toBeGreaterThan(distance!);
        expect(outsideInterval[0]).toBeLessThanOrEqual(outside);
        expect(outsideInterval[1]).toBeGreaterThanOrEqual(outside);
      }
      const change = largest!.distance! - largest!.starts!;
      expect(largest!.change![0]).toBeLessThan(change);
      expect(largest!.change![1]).toBeGreaterThan(change);
    }
    const shared = Math.min(...methods.map(({ realism }) => realism!.levels.at(-1)!.control));
    for (const { method, realism } of comparison!.areas) {
      const at = methods.find(({ id }) => id === method)!.realism!.levels.find(({ control }) => control === shared)!;
      expect(realism!.control).toBe(shared);
      expect(realism!.distance).toBeCloseTo(at.distance!, 4);
      expect(realism!.outside).toBeCloseTo(at.outside, 12);
    }
    for (const { a, b, realism } of comparison!.paired) {
      const of = (id: string) =>
        methods.find((method) => method.id === id)!.realism!.levels.find(({ control }) => control === realism!.control)!;
      expect(realism!.distance).toBeCloseTo(of(a).distance! - of(b).distance!, 4);
      expect(realism!.interval![0]).toBeLessThan(realism!.distance!);
    }
  });

  it("shows it in the report, in tables and in results.json, and does nothing twice", async () => {
    expect(JSON.parse(await readFile(join(root, "whole/results.json"), "utf8"))).toEqual(whole);
    const page = await readFile(join(root, "whole/report.html"), "utf8");
    expect(page).toContain("Are the pictures still real?");
    expect(page).toContain("in the features of a judge");
    const tables = csvTables(whole);
    const levels = whole.attributes[0]!.methods.reduce((sum, { realism }) => sum + realism!.levels.length + 1, 0);
    expect(rows(tables.get("realism.csv")!)).toHaveLength(levels);
    expect(rows(tables.get("realism-paired.csv")!)).toHaveLength(3);
    const tensors = tf.memory().numTensors;
    expect((await run("whole")).jobs).toEqual([]);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it("gives the same numbers in slices, and says of the regressor that it stands in where there is no judge", async () => {
    for (const index of [0, 1]) await run("sliced", JUDGED, { shard: { index, count: 2 } });
    const { jobs, results } = await run("sliced");
    expect(jobs).toEqual(["evaluate/size/comparison", "pictures/size/comparison"].filter((id) => jobs.includes(id)));
    expect(results.attributes[0]!.comparison).toEqual(whole.attributes[0]!.comparison);
    const alone = {
      ...whole,
      environment: { ...whole.environment, judge: { ...whole.environment.judge!, network: "regressor" as const } },
    };
    expect(reportPage(alone)).toContain("this model has no judge of its own");
  });

  it("is a run as before where the networks give no features", async () => {
    const { jobs, results } = await run("plain", { ...JUDGED, model: { kind: "module", path: path("tiny-model") } });
    expect(jobs.filter((id) => /realism|features/.test(id))).toEqual([]);
    expect(results.environment.judge).toBeUndefined();
    expect(JSON.stringify(results)).not.toContain('"realism"');
    expect(await readFile(join(root, "plain/report.html"), "utf8")).not.toContain("still real");
  });
});

describe("trainings from several seeds", () => {
  const seeds = (count: number): ExperimentOptions => ({ ...JUDGED, train: { ...JUDGED.train, seeds: count } });

  it("are jobs of their own, which are added to those of one seed", async () => {
    const one = await run("seeds");
    const three = await run("seeds", seeds(3));
    const added = ["constant_seed-1", "constant_seed-2", "ode-1_seed-1", "ode-1_seed-2"];
    for (const id of added)
      for (const job of [`train/size/${id}`, `evaluate/size/${id}`, `evaluate/size/${id}_realism`])
        expect(three.jobs).toContain(job);
    expect(three.jobs.filter((job) => one.jobs.includes(job))).toEqual(["evaluate/size/comparison"]);
    const [attribute] = three.results.attributes;
    const [line, constant, flow] = attribute!.methods;
    expect(line!.trainings).toBeUndefined();
    expect(flow!.trainings!.map(({ seed }) => seed)).toEqual([1003, 2003]);
    expect({ ...flow, trainings: undefined }).toEqual({ ...one.results.attributes[0]!.methods[2], trainings: undefined });
    expect(flow!.trainings![0]!.evaluation!.control).not.toEqual(flow!.evaluation!.control);
    expect(flow!.trainings!.every(({ training, realism }) => training && realism)).toBe(true);
    const area = attribute!.comparison!.areas.find(({ method }) => method === "constant")!;
    const reached = [constant!.evaluation!, ...constant!.trainings!.map(({ evaluation }) => evaluation!)].map(
      ({ maxControl }) => maxControl,
    );
    expect(area.seeds).toMatchObject({ seeds: [3, 1003, 2003], maxControl: reached });
    expect(area.maxControl).toBeCloseTo(reached.reduce((a, b) => a + b) / 3, 12);
    const page = await readFile(join(root, "seeds/report.html"), "utf8");
    expect(page).toContain("over 3 trainings");
    expect(page).toContain("±");
    expect(rows(csvTables(three.results).get("seeds.csv")!)).toHaveLength(6);
    expect((await run("seeds", seeds(3))).jobs).toEqual([]);
  });

  it("are shared out among slices as the others", async () => {
    const slices = await Promise.all(
      [0, 1].map((index) => run(`slice-${index}`, seeds(2), { shard: { index, count: 2 }, steps: ["train"] })),
    );
    const trained = slices.map(({ jobs }) => jobs.filter((id) => id.startsWith("train/")));
    expect(trained.flat().sort()).toEqual([
      "train/size/constant",
      "train/size/constant_seed-1",
      "train/size/ode-1",
      "train/size/ode-1_seed-1",
    ]);
    expect(trained.every(({ length }) => length > 0)).toBe(true);
  });
});

describe("a verdict with realism", () => {
  const results = madeUpResults();
  const at = (change: readonly [number, number]): NonNullable<MethodResult["realism"]> => ({
    levels: [],
    largest: {
      ...{ control: 0.9, t: 5, pictures: 150, distance: 20, interval: [18, 22], outside: 0.5, outsideInterval: [0.4, 0.6] },
      ...{ starts: 20, change },
    },
  });
  const [shape] = results.attributes as [ExperimentResults["attributes"][number]];
  const withFlow = (change: Partial<MethodResult>) => ({
    ...shape,
    methods: shape.methods.map((method) => (method.id === "ode-1" ? { ...method, ...change } : method)),
  });

  it("calls a flow that would win broken where its pictures end up further from the generator's own than they were", () => {
    expect(flowVerdicts(shape)[0]!.outcome).toBe("wins");
    expect(flowVerdicts(withFlow({ realism: at([-3, 4]) }))[0]!.outcome).toBe("wins");
    const broken = withFlow({ realism: at([1, 4]) });
    expect(flowVerdicts(broken)[0]!.outcome).toBe("reaches, but through broken pictures");
    expect(headline({ attributes: [broken] })[0]).toMatch(/get there, but through broken pictures/);
    expect(reportPage({ ...results, attributes: [broken] })).toContain(BROKEN);
    // Whole at Control 0.8, broken only at the end of its way.
    const level = { control: 0.8, t: 4, pictures: 150, outside: 0.5, outsideInterval: [0.4, 0.6] as const };
    const whole = { ...at([1, 4]), levels: [{ ...level, distance: 21, interval: [19, 23] as const }] };
    expect(flowVerdicts(withFlow({ realism: whole }))[0]!.outcome).toBe("wins");
    const before = { ...at([1, 4]), levels: [{ ...level, distance: 23, interval: [21, 25] as const }] };
    expect(flowVerdicts(withFlow({ realism: before }))[0]!.outcome).toBe("reaches, but through broken pictures");
    // Of three trainings one alone is no verdict.
    const trainings = [at([-2, 1]), at([-2, 1])].map((realism, k) => ({
      seed: k + 1,
      training: null,
      evaluation: null,
      realism,
    }));
    expect(flowVerdicts(withFlow({ realism: at([1, 4]), trainings }))[0]!.outcome).toBe("wins");
  });

  it("counts nearer pictures as a way to be better, seen from either side", () => {
    const paired = (interval: readonly [number, number]) => ({
      ...shape,
      comparison: {
        ...shape.comparison!,
        paired: shape.comparison!.paired.map((test) => {
          const distance = (interval[0] + interval[1]) / 2;
          return { ...test, realism: { control: 0.2, distance, interval, outside: 0, outsideInterval: [-0.1, 0.1] as const } };
        }),
      },
    });
    // In all pairs of made-up results the flow comes first, and is better without a look at its pictures.
    const verdicts = (attribute: typeof shape) => flowVerdicts(attribute)[0]!.pairs.map(({ verdict }) => verdict);
    expect(new Set(verdicts(paired([-3, -1])))).toEqual(new Set(["better"]));
    expect(new Set(verdicts(paired([-1, 1])))).toEqual(new Set(["better"]));
    expect(verdicts(paired([1, 3]))).toContain("trade-off");
    const mirrored = flowVerdicts({
      ...paired([1, 3]),
      comparison: {
        ...shape.comparison!,
        paired: paired([1, 3]).comparison.paired.map((test) => ({ ...test, a: test.b, b: test.a })),
      },
    })[0]!.pairs;
    for (const { realism } of mirrored) expect([realism!.distance, realism!.interval]).toEqual([-2, [-3, -1]]);
  });
});
