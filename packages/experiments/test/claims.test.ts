import { mkdtempSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { useBackend } from "@latentflow/backend";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { type RunEvent, runExperiment } from "../src/index.js";
import { type FinishedJob, schedule } from "../src/run/schedule.js";
import type { Job } from "../src/steps/job.js";
import { Claims, claimFile } from "../src/store/claims.js";
import { RunFolder } from "../src/store/run-folder.js";
import { tinyExperiment } from "./process/experiment.js";

const [JOB, INPUTS] = ["sample/labels-0000", "0123456789abcdef"];

describe("a claim", () => {
  let folder: RunFolder;
  let file: string;
  beforeEach(async () => {
    folder = new RunFolder(await mkdtemp(join(tmpdir(), "latentflow-claims-")));
    onTestFinished(() => rm(folder.path, { recursive: true, force: true }));
    file = folder.file(claimFile(JOB, INPUTS));
  });

  /** A claim that somebody else left. */
  async function left(owner: object): Promise<void> {
    await mkdir(folder.file("sample"), { recursive: true });
    await writeFile(file, JSON.stringify(owner));
  }

  it("is one process's until it is released, for one job with one set of inputs", async () => {
    const [mine, theirs] = [new Claims(folder), new Claims(folder)];
    expect(await mine.take(JOB, INPUTS)).toBe(true);
    expect(await theirs.take(JOB, INPUTS)).toBe(false);
    expect(await theirs.take(JOB, "other inputs")).toBe(true);
    await theirs.release(JOB, INPUTS);
    expect(await theirs.take(JOB, INPUTS)).toBe(false);
    await mine.release(JOB, INPUTS);
    expect(await theirs.take(JOB, INPUTS)).toBe(true);
    await theirs.release(JOB, INPUTS);
    await theirs.release(JOB, "other inputs");
    expect(await readdir(folder.file("sample"))).toEqual([]);
  });

  it("of a process of this machine that was killed is taken over at once", async () => {
    await left({ host: hostname(), pid: 2 ** 22 + 1 });
    expect(await new Claims(folder).take(JOB, INPUTS)).toBe(true);
  });

  it("of another machine holds as long as it gives signs of life", async () => {
    await left({ host: "another", pid: 1 });
    const claims = new Claims(folder);
    const now = vi.spyOn(performance, "now").mockReturnValue(0);
    onTestFinished(() => now.mockRestore());
    const after = async (minutes: number) => {
      now.mockReturnValue(minutes * 60_000);
      return claims.take(JOB, INPUTS);
    };
    expect(await after(0)).toBe(false);
    expect(await after(9)).toBe(false);
    await utimes(file, new Date(), new Date(Date.now() + 5000));
    expect(await after(11)).toBe(false);
    expect(await after(20)).toBe(false);
    expect(await after(22)).toBe(true);
  });

  it("without an owner's name is abandoned soon: its process was killed while it wrote", async () => {
    await left({});
    const claims = new Claims(folder);
    const now = vi.spyOn(performance, "now").mockReturnValue(0);
    onTestFinished(() => now.mockRestore());
    expect(await claims.take(JOB, INPUTS)).toBe(false);
    now.mockReturnValue(11_000);
    expect(await claims.take(JOB, INPUTS)).toBe(true);
  });

  it("that can't be written is none: the job itself says why", async () => {
    await writeFile(folder.file("sample"), "a file");
    expect(await new Claims(folder).take(JOB, INPUTS)).toBe(true);
  });
});

it("a job that another process is at is done last, or found done; the lane does others meanwhile", async () => {
  const job = (id: string, needs: string[] = []) => ({ id, needs }) as unknown as Job;
  const order: string[] = [];
  let asked = 0;
  await schedule([job("a"), job("b"), job("c", ["a"])], [{ run: async ({ id }) => ({ job: id }) as FinishedJob }], {
    onStart: ({ id }) => order.push(id),
    onEnd: () => undefined,
    claims: { take: async ({ id }) => id !== "a" || ++asked > 3, release: async ({ id }) => void order.push(`${id} released`) },
  });
  expect(order).toEqual(["b", "b released", "a", "a released", "c", "c released"]);
  const stop = new AbortController();
  const never = { take: async () => false, release: async () => undefined };
  const waiting = schedule([job("a")], [{ run: async () => ({}) as FinishedJob }], {
    ...{ signal: stop.signal, onStart: () => undefined, onEnd: () => undefined },
    claims: never,
  });
  setTimeout(() => stop.abort(), 20);
  await expect(waiting).rejects.toThrow("stopped");
});

describe("slices that are started together", () => {
  const root = mkdtempSync(join(tmpdir(), "latentflow-slices-"));
  beforeAll(() => useBackend("wasm"));
  afterAll(() => rm(root, { recursive: true, force: true }));

  it("label every chunk once, whoever does it, and tell what each did itself", async () => {
    const model = fileURLToPath(new URL("./process/tiny-model.ts", import.meta.url));
    const made = [new Map<string, number>(), new Map<string, number>()];
    const elsewhere = [0, 0];
    const run = (index: number) =>
      runExperiment(tinyExperiment(model), {
        ...{ out: join(root, "run"), steps: ["sample"], shard: { index, count: 2 } },
        onEvent: (event: RunEvent) => {
          if (event.type !== "end") return;
          if (event.elsewhere) elsewhere[index]!++;
          else made[index]!.set(event.job, event.images);
        },
      });
    await Promise.all([run(0), run(1)]);
    const labels = [0, 1, 2].map((k) => `sample/labels-000${k}`);
    for (const job of [...labels, "sample/codes", "sample/summary"]) expect(made.filter((jobs) => jobs.has(job))).toHaveLength(1);
    const images = made.flatMap((jobs) => [...jobs.values()]);
    expect(images.reduce((sum, n) => sum + n, 0)).toBe(330);
    expect(elsewhere[0]! + elsewhere[1]!).toBe(5);
    expect((await readdir(join(root, "run/sample"))).filter((name) => name.startsWith("."))).toEqual([]);
  });
});
