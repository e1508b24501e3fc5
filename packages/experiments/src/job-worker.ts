/** A worker thread of an experiment: networks of its own, one job at a time. It finds all else in the run's folder. */
import { parentPort, workerData } from "node:worker_threads";
import { isForUsers } from "./errors.js";
import { experimentOf } from "./experiment/experiment.js";
import { tablesOf } from "./experiment/tables-of.js";
import { executeJob } from "./run/execute.js";
import { Plan } from "./run/plan.js";
import { Session } from "./run/session.js";
import type { FromWorker, ToWorker, WorkerStart } from "./run/worker-protocol.js";
import { RunFolder } from "./store/run-folder.js";

const port = parentPort!;
const { config, networks, path, engine, threads, atOnce } = workerData as WorkerStart;
const stop = new AbortController();
const session = new Session({
  ...{ config, folder: new RunFolder(path), engine, threads, signal: stop.signal },
  backend: networks.environment.backend.name,
});
session.atOnce = atOnce;
/** Made with the first job: an error in it then reaches that job's report. */
let plan: Promise<Plan> | undefined;

port.on("message", async (message: ToWorker) => {
  if (message.type === "stop") return stop.abort();
  try {
    plan ??= tablesOf("run", config).then((tables) => new Plan(experimentOf(config, networks, tables)));
    const { jobs, experiment } = await plan;
    const onProgress = (done: number, images: number) => post({ type: "progress", done, images });
    const job = jobs.get(message.id)!;
    post({ type: "done", record: await executeJob(job, await plan, session.context(experiment), session, onProgress) });
  } catch (error) {
    const { name, message: text, stack = text } = error instanceof Error ? error : new Error(String(error));
    post({ type: "failed", name, message: text, stack, forUsers: isForUsers(error) });
  }
});

function post(message: FromWorker): void {
  port.postMessage(message);
}
