/** A worker thread of an experiment: networks of its own, one job at a time. It finds all else in the run's folder. */
import { serveJobs } from "@latentflow/core/workers";
import { experimentOf } from "./experiment/experiment.js";
import { tablesOf } from "./extensions/tables-of.js";
import { executeJob } from "./run/execute.js";
import { Plan } from "./run/plan.js";
import type { FinishedJob } from "./run/schedule.js";
import { Session } from "./run/session.js";
import type { JobShare, WorkerStart } from "./run/worker-protocol.js";
import { RunFolder } from "./store/run-folder.js";

serveJobs<WorkerStart, string, JobShare, FinishedJob>(async ({ config, networks, path, engine, threads, atOnce }, signal) => {
  const backend = networks.environment.backend.name;
  const session = new Session({ ...{ config, folder: new RunFolder(path), engine, threads, signal }, backend });
  session.atOnce = atOnce;
  const plan = new Plan(experimentOf(config, networks, await tablesOf("run", config)));
  return (id, { progress }) =>
    executeJob(plan.jobs.get(id)!, plan, session.context(plan.experiment), session, (done, images) => progress({ done, images }));
});
