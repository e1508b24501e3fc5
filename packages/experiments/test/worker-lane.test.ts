import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { ConfigError, ExperimentsError } from "../src/index.js";
import { WorkerLane } from "../src/run/worker-lane.js";
import type { WorkerStart } from "../src/run/worker-protocol.js";
import type { Job } from "../src/steps/job.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "latentflow-lane-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const job = { id: "train/size/ode-1" } as Job;

/** A lane whose worker answers a job with some code in place of a job's. */
async function laneWhoseWorker(does: string): Promise<WorkerLane> {
  const script = join(folder, `${randomUUID()}.mjs`);
  const answering = `import { parentPort } from "node:worker_threads";
const post = (message) => parentPort.postMessage(message);
parentPort.on("message", ({ job: id }) => { ${does} });`;
  await writeFile(script, answering);
  const lane = new WorkerLane({} as WorkerStart, () => () => undefined, undefined, pathToFileURL(script));
  onTestFinished(() => lane.dispose());
  return lane;
}

it("replaces a worker that died between two jobs", async () => {
  const lane = await laneWhoseWorker(`post({ type: "done", result: { job: id } }); setTimeout(() => process.exit(3), 20);`);
  expect((await lane.run(job)).job).toBe(job.id);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect((await lane.run(job)).job).toBe(job.id);
});

it("gives a job up after its worker died three times, and says how", async () => {
  const exits = await laneWhoseWorker("process.exit(7);");
  await expect(exits.run(job)).rejects.toThrow("train/size/ode-1: its worker died 3 times, at last with: it left with code 7");
  const throws = await laneWhoseWorker(`throw new Error("no memory " + id);`);
  await expect(throws.run(job)).rejects.toThrow("no memory train/size/ode-1");
});

it("gives errors the type that they have in this thread: exit codes do not depend on workers", async () => {
  const failing = (name: string, forUsers = true) =>
    laneWhoseWorker(
      `post({ type: "failed", failure: { name: "${name}", message: "what and why", stack: "at there", forUsers: ${forUsers} } });`,
    );
  await expect((await failing("ConfigError")).run(job)).rejects.toBeInstanceOf(ConfigError);
  await expect((await failing("MetricsError")).run(job)).rejects.toBeInstanceOf(ExperimentsError);
  const defect = await (await failing("TypeError", false)).run(job).catch((error: Error) => error);
  expect(defect).not.toBeInstanceOf(ExperimentsError);
  expect(defect).toMatchObject({ name: "TypeError", message: "what and why", stack: "at there" });
});
