import { parentPort, workerData } from "node:worker_threads";
import { useBackend } from "@latentflow/backend";
import type { AttributeModel } from "@latentflow/core";
import { NeuralOdeDirection } from "../directions/neural-ode-direction.js";
import { saveDirection } from "../directions/save.js";
import { fileStore } from "../files.js";
import { fingerprint } from "../model/fingerprint.js";
import type { TrainProgress } from "../train/history.js";
import type { TrainOptions } from "../train/settings.js";
import { trainDirection } from "../train/train-direction.js";
import type { JobMessage, TrainJob, WorkerMessage, WorkerStart } from "./protocol.js";

/** The worker thread of `trainDirections`: one backend, one model, one job at a time. */
export function serveJobs(): void {
  const port = parentPort!;
  const start = workerData as WorkerStart;
  const post = (message: WorkerMessage) => port.postMessage(message);
  /** Made with the first job: an error in it then reaches that job's report. */
  let model: Promise<AttributeModel> | undefined;
  const stop = new AbortController();

  port.on("message", async (message: JobMessage) => {
    if (message.type === "stop") return stop.abort();
    const { index, job } = message;
    try {
      model ??= startModel(start);
      const onProgress = (progress: TrainProgress) => post({ type: "progress", index, progress });
      post({ type: "done", index, ...(await train(await model, job, { onProgress, signal: stop.signal })) });
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      post({ type: "failed", index, error: { name, message } });
    }
  });
}

async function startModel({ setup, backend }: WorkerStart): Promise<AttributeModel> {
  await useBackend(backend);
  const module = (await import(/* @vite-ignore */ setup)) as { default: () => Promise<AttributeModel> };
  return module.default();
}

async function train(
  shared: AttributeModel,
  { name: _, direction: make, checkpoint, ...options }: TrainJob,
  watch: Pick<TrainOptions, "onProgress" | "signal">,
) {
  const direction = new NeuralOdeDirection({ latentDim: shared.latentDim, ...make });
  try {
    const history = await trainDirection(direction, {
      ...options,
      model: shared,
      ...(checkpoint && {
        checkpoint: { store: fileStore(checkpoint.path), ...(checkpoint.every && { every: checkpoint.every }) },
      }),
      ...watch,
    });
    const { attribute } = history.settings;
    const file = await saveDirection(direction, { attribute, generator: await fingerprint(shared), training: history.settings });
    return { file, history };
  } finally {
    direction.dispose();
  }
}
