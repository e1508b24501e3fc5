import { describe, expect, it } from "vitest";
import { experimentOf } from "../src/experiment/experiment.js";
import { tablesWith } from "../src/extensions/extensions.js";
import { ConfigError, parseShard, resolveConfig, shardOfScheduler } from "../src/index.js";
import type { NetworkInfo } from "../src/results/index.js";
import { Plan } from "../src/run/plan.js";
import { STEP_NAMES } from "../src/steps/job.js";
import { hashOfJson } from "../src/store/hash.js";
import { madeUpResults } from "./made-up/results.js";

const attributes = ["a", "b", "c"].map((name) => ({ name, classes: 2 }));
const { environment } = madeUpResults();
const networks: NetworkInfo = { attributes, latentDim: 4, environment };

function planOf(options: object): Plan {
  return new Plan(experimentOf(resolveConfig(options), networks, tablesWith("test")));
}

describe("slices", () => {
  it("are named as i/n, from 1", () => {
    expect(parseShard("2/4")).toEqual({ index: 1, count: 4 });
    for (const wrong of ["0/4", "5/4", "1", "a/b", "1/0"]) expect(() => parseShard(wrong)).toThrow("--shard");
  });

  it("come from Slurm and Kubernetes", () => {
    const slurm = {
      SLURM_ARRAY_TASK_ID: "7",
      SLURM_ARRAY_TASK_COUNT: "3",
      SLURM_ARRAY_TASK_MIN: "3",
      SLURM_ARRAY_TASK_STEP: "2",
    };
    expect(shardOfScheduler(slurm)).toEqual({ index: 2, count: 3 });
    expect(shardOfScheduler({ JOB_COMPLETION_INDEX: "0", JOB_COMPLETIONS: "8" })).toEqual({ index: 0, count: 8 });
    expect(shardOfScheduler({})).toBeNull();
    expect(() => shardOfScheduler({ SLURM_ARRAY_TASK_ID: "1" })).toThrow("SLURM_ARRAY_TASK_COUNT");
    expect(() => shardOfScheduler({ ...slurm, SLURM_ARRAY_TASK_ID: "4" })).toThrow(/without gaps.*--shard/);
    expect(() => shardOfScheduler({ JOB_COMPLETION_INDEX: "2", JOB_COMPLETIONS: "2" })).toThrow("JOB_COMPLETION_INDEX");
    expect(() => shardOfScheduler({ JOB_COMPLETION_INDEX: "1" })).toThrow("JOB_COMPLETIONS");
    expect(() => shardOfScheduler({ JOB_COMPLETION_INDEX: "x", JOB_COMPLETIONS: "2" })).toThrow("JOB_COMPLETION_INDEX");
  });

  it("refuse garbage in the scheduler's variables, by name", () => {
    const slurm = {
      SLURM_ARRAY_TASK_ID: "0",
      SLURM_ARRAY_TASK_COUNT: "3",
      SLURM_ARRAY_TASK_MIN: "0",
      SLURM_ARRAY_TASK_STEP: "1",
    };
    const kubernetes = { JOB_COMPLETION_INDEX: "0", JOB_COMPLETIONS: "3" };
    const garbage = ["", " ", " 1", "x", "-1", "1.5", "1e1", "0x1", "NaN", "Infinity", "null", "99999999999999999999", "1\n"];
    for (const variables of [slurm, kubernetes]) {
      expect(shardOfScheduler(variables)).toEqual({ index: 0, count: 3 });
      for (const name of Object.keys(variables)) {
        for (const text of garbage) {
          expect(() => shardOfScheduler({ ...variables, [name]: text })).toThrow(ConfigError);
          expect(() => shardOfScheduler({ ...variables, [name]: text })).toThrow(name);
        }
      }
    }
    for (const name of ["SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_STEP"])
      expect(() => shardOfScheduler({ ...slurm, [name]: "0" })).toThrow(name);
    expect(() => shardOfScheduler({ ...slurm, SLURM_ARRAY_TASK_COUNT: "2000000" })).toThrow("SLURM_ARRAY_TASK_COUNT");
  });

  it("together are all pairs, each in one; what joins pairs is left to the report", () => {
    const plan = planOf({ methods: ["projected", "constant", "ode-1"] });
    const slices = [0, 1, 2, 3].map((index) => plan.select(STEP_NAMES, { index, count: 4 }));
    const pairs = slices.map((jobs) => new Set(jobs.map(({ pair }) => pair).filter((pair) => pair !== undefined)));
    expect(pairs.reduce((sum, { size }) => sum + size, 0)).toBe(9);
    expect(new Set(pairs.flatMap((set) => [...set])).size).toBe(9);
    const missing = [...plan.jobs.keys()].filter((id) => !slices.flat().some((job) => job.id === id));
    expect(missing.every((id) => id.endsWith("/comparison"))).toBe(true);
    expect(missing.length).toBe(6);
  });
});

describe("a plan", () => {
  it("has every job after those it needs", () => {
    const jobs = [...planOf({}).jobs.values()];
    const place = new Map(jobs.map(({ id }, i) => [id, i]));
    for (const { id, needs } of jobs) for (const need of needs) expect(place.get(need)).toBeLessThan(place.get(id)!);
  });

  it("takes what version 0.1.0 made for its own: no job's inputs have changed since", () => {
    const methods = ["interfacegan", "projected", "ganspace", "sefa", "constant", "ode-1", "ode-2"];
    const config = resolveConfig({ attributes: ["a", { name: "b", from: 2, to: 0 }], methods });
    const wider = attributes.map(({ name }) => ({ name, classes: 3 }));
    const plan = new Plan(experimentOf(config, { ...networks, attributes: wider }, tablesWith("test")));
    const inputs = [...plan.jobs.keys()].map((id) => [id, plan.inputsOf(id)]);
    // As that version computed it. Where it must change, old runs are done again: raise the plan's FORMAT and say so in the changelog.
    expect(inputs).toHaveLength(80);
    expect(hashOfJson(inputs)).toBe("1ce6c6db92a55ae659d63819bf9f4d7f2896f592104f013255d0b2246ec228ff");
  });

  it("changes the inputs of just what depends on a setting", () => {
    const changed = (options: object) => {
      const [before, after] = [planOf({}), planOf(options)];
      const steps = [...after.jobs.keys()]
        .filter((id) => after.inputsOf(id) !== before.inputsOf(id))
        .map((id) => id.split("/")[0]!);
      return [...new Set(steps)];
    };
    expect(changed({ name: "other", train: { checkpointEvery: 7 }, evaluate: { batchSize: 3 } })).toEqual([]);
    expect(changed({ analyze: { bins: 7 } })).toEqual(["analyze"]);
    expect(changed({ train: { iterations: 7 } })).toEqual(["train", "evaluate", "analyze", "pictures"]);
    const [plain, faster] = [planOf({}), planOf({ train: { constantRate: 5 } })];
    expect([...plain.jobs.keys()].filter((id) => plain.inputsOf(id) !== faster.inputsOf(id) && id.startsWith("train/"))).toEqual(
      ["a", "b", "c"].map((name) => `train/${name}/constant`),
    );
    expect(changed({ seed: 7 })).toEqual(["sample", "fit", "train", "evaluate", "analyze", "pictures"]);
    const first = planOf({});
    const longer = planOf({ methods: ["interfacegan", "projected", "constant", "ode-1", "ode-2"] });
    expect([...first.jobs.keys()].filter((id) => first.inputsOf(id) !== longer.inputsOf(id))).toEqual(
      ["a", "b", "c"]
        .flatMap((name) => [`evaluate/${name}/comparison`])
        .concat(["a", "b", "c"].map((name) => `pictures/${name}/comparison`)),
    );
  });
});
