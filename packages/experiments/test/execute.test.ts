import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { useBackend } from "@latentflow/backend";
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { executeJob } from "../src/run/execute.js";
import type { Plan } from "../src/run/plan.js";
import type { Session } from "../src/run/session.js";
import type { Job, StepContext } from "../src/steps/job.js";
import { RunFolder } from "../src/store/run-folder.js";

const session = { imageCount: () => 0, ready: async () => undefined } as unknown as Session;

beforeAll(async () => void (await useBackend("cpu")));

let folder: RunFolder;
let context: Omit<StepContext, "progress">;

beforeEach(async () => {
  const path = await mkdtemp(join(tmpdir(), "latentflow-execute-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  folder = new RunFolder(path);
  context = { folder, config: {}, networks: { environment: { engine: { name: "tfjs" } } } } as unknown as typeof context;
});

/** A job that writes one file, doing something else on the way. */
function job(id: string, needs: string[] = [], meanwhile: () => Promise<unknown> = async () => undefined): Job {
  return {
    ...{ id, step: "train", needs, settings: {}, images: 0 },
    async run(_, { folder: own }) {
      await meanwhile();
      await writeFile(join(own, "a.txt"), id);
    },
  };
}

/** A plan in which `inputs` of each job are as given: what another setting would change. */
function plan(inputs: string): Plan {
  return {
    inputsOf: (id: string) => `${inputs} of ${id}`,
    foundationsOf: (id: string) => new Set({ "c/x": ["b/x", "a/x"], "b/x": ["a/x"] }[id] ?? []),
  } as unknown as Plan;
}

const run = (one: Job, inputs: string) => executeJob(one, plan(inputs), context, session, () => undefined);

describe("a job", () => {
  it("is kept when what it rests on stayed as it was", async () => {
    for (const one of [job("a/x"), job("b/x", ["a/x"]), job("c/x", ["b/x"])]) await run(one, "mine");
    expect((await folder.record("c/x", "mine of c/x"))?.files.map(({ name }) => name)).toEqual(["a.txt"]);
  });

  it.each(["a/x", "b/x"])("is not kept when a run with other settings puts its own %s there meanwhile", async (taken) => {
    await run(job("a/x"), "mine");
    await run(job("b/x", ["a/x"]), "mine");
    const meanwhile = async () => {
      if (taken === "b/x") await run(job("a/x"), "theirs");
      return run(job(taken), "theirs");
    };
    await expect(run(job("c/x", ["b/x"], meanwhile), "mine")).rejects.toThrow(/^c\/x: expected [ab]\/x to stay as it was/);
    expect(await folder.record("c/x", "mine of c/x")).toBeNull();
    expect(await folder.record(taken, `theirs of ${taken}`)).not.toBeNull();
  });
});
