/** The worker thread of `trainDirections`: one backend, one model, one job at a time. */
import { parentPort, workerData } from "node:worker_threads";
import { useBackend } from "@latentflow/backend";
import type { AttributeModel } from "@latentflow/core";
import { fileStore } from "./files.js";
import { fingerprint } from "./fingerprint.js";
import { NeuralOdeDirection } from "./neural-ode-direction.js";
import { saveDirection } from "./save.js";
import { trainDirection } from "./train/train-direction.js";
import type { JobMessage, TrainJob, WorkerMessage, WorkerStart } from "./worker-protocol.js";

const port = parentPort!;
const { setup, backend } = workerData as WorkerStart;

/** Made with the first job: an error in it then reaches that job's report. */
let model: Promise<AttributeModel> | undefined;

const stop = new AbortController();

port.on("message", async (message: JobMessage) => {
  if (message.type === "stop") return stop.abort();
  const { index, job } = message;
  try {
    model ??= startModel();
    post({ type: "done", index, ...(await train(await model, job, index)) });
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    post({ type: "failed", index, error: { name, message } });
  }
});

async function startModel(): Promise<AttributeModel> {
  await useBackend(backend);
  const module = (await import(/* @vite-ignore */ setup)) as { default: () => Promise<AttributeModel> };
  return module.default();
}

async function train(shared: AttributeModel, { name: _, direction: make, checkpoint, ...options }: TrainJob, index: number) {
  const direction = new NeuralOdeDirection({ latentDim: shared.latentDim, ...make });
  try {
    const history = await trainDirection(direction, {
      ...options,
      model: shared,
      ...(checkpoint && {
        checkpoint: { store: fileStore(checkpoint.path), ...(checkpoint.every && { every: checkpoint.every }) },
      }),
      onProgress: (progress) => post({ type: "progress", index, progress }),
      signal: stop.signal,
    });
    const { attribute } = history.settings;
    const file = await saveDirection(direction, { attribute, generator: await fingerprint(shared), training: history.settings });
    return { file, history };
  } finally {
    direction.dispose();
  }
}

function post(message: WorkerMessage): void {
  port.postMessage(message);
}
