import { join } from "node:path";
import { writeJsonAtomic } from "@latentflow/core/files";
import type { Edit } from "../../config/edits.js";
import type { ExperimentConfig } from "../../config/types.js";
import type { Experiment } from "../../experiment/experiment.js";
import { straightFirst } from "../../methods/index.js";
import type { Method } from "../../methods/method.js";
import { writeComparisonPictures, writeMethodPictures } from "../../pictures/index.js";
import type { EditFrames, PictureRecord } from "../../results/index.js";
import { spaced } from "../../results/numbers.js";
import { thoseThatAre } from "../../store/no-result.js";
import type { RunFolder } from "../../store/run-folder.js";
import { readTensors, writeTensors } from "../../store/tensor-file.js";
import { evaluateJob, readStarts } from "../evaluate/evaluate.js";
import { readDirection } from "../find/directions.js";
import type { Job, StepContext } from "../job.js";
import { editFrames } from "./frames.js";

export const PICTURES_FILE = "pictures.json";
const FRAMES_FILE = "frames.safetensors";

export const picturesJob = (edit: Edit, { id }: Pick<Method, "id">) => `pictures/${edit.slug}/${id}`;
export const comparisonPicturesJob = (edit: Edit) => `pictures/${edit.slug}/comparison`;

/** Pictures of each method on the same starts, and of all methods of an attribute together. */
export function picturesJobs({ config, edits, methods }: Experiment): Job[] {
  const { pictures, evaluate } = config;
  if (pictures.samples === 0) return [];
  return edits.flatMap((edit) => [
    ...methods.map(
      (method): Job => ({
        id: picturesJob(edit, method),
        step: "pictures",
        needs: [evaluateJob(edit, method)],
        settings: { pictures, maxTime: evaluate.maxTime },
        images: 2 * pictures.samples * pictures.frames,
        pair: `${edit.slug}/${method.id}`,
        run: (context, { folder }) => pictureOne(context, folder, edit, method),
      }),
    ),
    {
      id: comparisonPicturesJob(edit),
      step: "pictures",
      needs: methods.map((method) => picturesJob(edit, method)),
      settings: {},
      images: 0,
      run: (context, { folder }) => pictureAll(context, folder, edit),
    },
  ]);
}

async function pictureOne(context: StepContext, folder: string, edit: Edit, method: Method): Promise<void> {
  const frames = await framesOf(context, edit, method);
  const { samples, times, height, width } = frames;
  await writeTensors(folder, FRAMES_FILE, {
    frames: { data: frames.data, shape: [samples, times.length, height, width, 3] },
    ...(frames.readings && { readings: { data: frames.readings, shape: [samples, times.length, 2] } }),
  });
  const records = await writeMethodPictures(frames, folder, context.signal);
  await writeJsonAtomic(join(folder, PICTURES_FILE), below(picturesJob(edit, method), records));
}

async function pictureAll({ config, methods, folder: run, signal }: StepContext, folder: string, edit: Edit) {
  const frames = await thoseThatAre(straightFirst(methods).map((method) => readFrames(run, config, edit, method)));
  const records = await writeComparisonPictures(frames, folder, signal);
  await writeJsonAtomic(join(folder, PICTURES_FILE), below(comparisonPicturesJob(edit), records));
}

/** Files are named from the run's folder. */
function below(job: string, records: readonly PictureRecord[]): PictureRecord[] {
  return records.map((record) => ({ ...record, file: `${job}/${record.file}` }));
}

/** The first held-out starts, edited. */
async function framesOf(context: StepContext, edit: Edit, method: Method): Promise<EditFrames> {
  const { config, signal, progress } = context;
  const rows = (await readStarts(context.folder, edit, method)).slice(0, config.pictures.samples);
  const direction = await readDirection(context.folder, edit, method);
  try {
    return await editFrames({
      model: (await context.model()).model,
      direction,
      codes: (await context.sample()).heldOut.select(rows),
      times: spaced(config.evaluate.maxTime, config.pictures.frames),
      captions: captionsOf(edit, method),
      attributeIndex: edit.index,
      signal,
      onProgress: progress,
    });
  } finally {
    direction.dispose();
  }
}

async function readFrames(run: RunFolder, config: ExperimentConfig, edit: Edit, method: Method): Promise<EditFrames> {
  const tensors = await readTensors(run, picturesJob(edit, method), FRAMES_FILE);
  const { data, shape } = tensors.get("frames")!;
  // Folders of version 0.1.0 hold none.
  const readings = tensors.get("readings")?.data as Int32Array | undefined;
  const [samples, count, height, width] = shape as [number, number, number, number];
  const times = spaced(config.evaluate.maxTime, count);
  return { ...captionsOf(edit, method), times, samples, height, width, data: data as Uint8Array, ...(readings && { readings }) };
}

export function captionsOf(edit: Edit, method: Method) {
  return { method: method.id, label: method.label, attribute: edit.name };
}
