import { setTimeout as sleep } from "node:timers/promises";
import { CoreError } from "@latentflow/core";
import { JobFailed, JobThread, serveJobs, WorkerDied } from "@latentflow/core/workers";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { bundleForTests } from "../../../tools/bundle-for-tests.js";

let script: URL;
beforeAll(async () => {
  const [packageFolder, programFolder] = ["../", "./process/"].map((path) => new URL(path, import.meta.url)) as [URL, URL];
  const folder = await bundleForTests({
    ...{ packageFolder, programFolder, name: "workers", own: [], programs: ["job-worker"], splitting: false },
  });
  script = new URL("job-worker.js", folder);
});

function thread(start: unknown = { factor: 2 }, signal?: AbortSignal): JobThread<string, number, number> {
  const made = new JobThread<string, number, number>(script, start, signal);
  onTestFinished(() => made.dispose());
  return made;
}

const quiet = () => undefined;

describe("JobThread", () => {
  it("does jobs with what it was started with, and tells how far they are", async () => {
    const one = thread();
    const seen: number[] = [];
    expect(await one.do("21", (share) => seen.push(share))).toBe(42);
    expect(await one.do("4", (share) => seen.push(share))).toBe(8);
    expect(seen).toEqual([0.5, 0.5]);
  });

  it("gives what a job threw, and says whether its message is for users; the thread goes on", async () => {
    const one = thread();
    const refused = await one.do("refuse", quiet).catch((error: JobFailed) => error);
    expect(refused).toBeInstanceOf(JobFailed);
    expect(refused).toMatchObject({ message: "job: expected a number.", failure: { name: "CoreError", forUsers: true } });
    await expect(one.do("throw", quiet)).rejects.toMatchObject({ failure: { name: "TypeError", forUsers: false } });
    await expect(one.do("text", quiet)).rejects.toMatchObject({ failure: { message: "no error" } });
    expect(await one.do("3", quiet)).toBe(6);
  });

  it("gives what is wrong with the thread's start to each job", async () => {
    const one = thread({ factor: 0 });
    for (const job of ["1", "2"]) await expect(one.do(job, quiet)).rejects.toThrow("start: expected a factor.");
  });

  it("says how a worker died, and gives the next job a new one, also when it died between two jobs", async () => {
    const one = thread();
    const died = await one.do("exit", quiet).catch((error: WorkerDied) => error);
    expect(died).toBeInstanceOf(WorkerDied);
    expect(died).toMatchObject({ message: "it left with code 7" });
    expect(await one.do("exit soon", quiet)).toBe(0);
    await sleep(300);
    expect(await one.do("5", quiet)).toBe(10);
  });

  it("asks the job to stop when the signal fires, and listens no longer once it is disposed", async () => {
    const controller = new AbortController();
    const one = thread({ factor: 2 }, controller.signal);
    const stopped = one.do("wait", () => controller.abort());
    expect(await stopped).toBe(-1);
    await one.dispose();
    await expect(new JobThread(script, undefined, undefined).dispose()).resolves.toBeUndefined();
  });
});

it("serveJobs is for worker threads", () => {
  expect(() => serveJobs(async () => async () => 0)).toThrow(CoreError);
});
