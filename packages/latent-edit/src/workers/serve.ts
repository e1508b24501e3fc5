import { useBackend } from "@latentflow/backend";
import type { AttributeModel } from "@latentflow/core";
import { type JobWatch, serveJobs } from "@latentflow/core/workers";
import { NeuralOdeDirection } from "../directions/neural-ode-direction.js";
import { saveDirection } from "../directions/save.js";
import { fileStore } from "../files.js";
import { fingerprint } from "../model/fingerprint.js";
import type { TrainProgress } from "../train/history.js";
import { trainDirection } from "../train/train-direction.js";
import type { TrainedFile, TrainJob, WorkerStart } from "./protocol.js";

/** The worker thread of `trainDirections`: one backend, one model, one job at a time. */
export function serveTrainings(): void {
  serveJobs<WorkerStart, TrainJob, TrainProgress, TrainedFile>(async ({ setup, backend }) => {
    await useBackend(backend);
    const module = (await import(/* @vite-ignore */ setup)) as { default: () => Promise<AttributeModel> };
    const model = await module.default();
    return (job, watch) => train(model, job, watch);
  });
}

async function train(
  shared: AttributeModel,
  { name: _, direction: make, checkpoint, ...options }: TrainJob,
  { progress, signal }: JobWatch<TrainProgress>,
): Promise<TrainedFile> {
  const direction = new NeuralOdeDirection({ latentDim: shared.latentDim, ...make });
  try {
    const history = await trainDirection(direction, {
      ...options,
      model: shared,
      ...(checkpoint && {
        checkpoint: { store: fileStore(checkpoint.path), ...(checkpoint.every && { every: checkpoint.every }) },
      }),
      onProgress: progress,
      signal,
    });
    const { attribute } = history.settings;
    const file = await saveDirection(direction, { attribute, generator: await fingerprint(shared), training: history.settings });
    return { file, history };
  } finally {
    direction.dispose();
  }
}
