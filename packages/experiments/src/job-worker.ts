/** A worker thread of an experiment: networks of its own, one job at a time. It finds all else in the run's folder. */
import { parentPort, workerData } from "node:worker_threads";
import { isForUsers } from "./errors.js";
import { executeJob } from "./run/execute.js";
import { Plan } from "./run/plan.js";
import { Session } from "./run/session.js";
import type { FromWorker, ToWorker, WorkerStart } from "./run/worker-protocol.js";
import { RunFolder } from "./store/run-folder.js";

const port = parentPort!;
const { config, world, path, engine, threads, atOnce } = workerData as WorkerStart;
const stop = new AbortController();
const session = new Session({
  ...{ config, folder: new RunFolder(path), engine, threads, signal: stop.signal },
  backend: world.environment.backend.name,
});
session.atOnce = atOnce;
const context = session.context(world);
const plan = new Plan(config, world, context.edits);

port.on("message", async (message: ToWorker) => {
  if (message.type === "stop") return stop.abort();
  try {
    const job = plan.jobs.get(message.id)!;
    const onProgress = (done: number, images: number) => post({ type: "progress", done, images });
    post({ type: "done", record: await executeJob(job, plan, context, session, onProgress) });
  } catch (error) {
    const { name, message: text, stack = text } = error instanceof Error ? error : new Error(String(error));
    post({ type: "failed", name, message: text, stack, forUsers: isForUsers(error) });
  }
});

function post(message: FromWorker): void {
  port.postMessage(message);
}
