import { join } from "node:path";
import { nextMacrotask, throwIfAborted } from "@latentflow/core";
import { writeJsonAtomic } from "@latentflow/core/files";
import { dispose, reshape, slice, type Tensor2D, tensor2d, tidy } from "@tensorflow/tfjs-core";
import type { ExperimentConfig } from "../config/types.js";
import type { Job, JobContext } from "../jobs/job.js";
import { type Method, methodOf } from "../methods.js";
import { spaced } from "../numbers.js";
import { toRgb8, writeComparisonPictures, writeMethodPictures } from "../pictures/index.js";
import type { EditFrames, PictureRecord } from "../results.js";
import type { RunFolder } from "../store/run-folder.js";
import { readTensors, writeTensors } from "../store/tensor-file.js";
import type { Edit } from "../world.js";
import { readDirection } from "./directions.js";
import { evaluateJob, readStarts } from "./evaluate.js";

export const PICTURES_FILE = "pictures.json";
const FRAMES_FILE = "frames.safetensors";

export const picturesJob = (edit: Edit, { id }: Pick<Method, "id">) => `pictures/${edit.slug}/${id}`;
export const comparisonPicturesJob = (edit: Edit) => `pictures/${edit.slug}/comparison`;

/** Pictures of each method on the same starts, and of all methods of an attribute together. */
export function picturesJobs(config: ExperimentConfig, edits: readonly Edit[]): Job[] {
  const { pictures, evaluate } = config;
  if (pictures.samples === 0) return [];
  const methods = config.methods.map((id) => methodOf(id));
  return edits.flatMap((edit) => [
    ...methods.map(
      (method): Job => ({
        id: picturesJob(edit, method),
        step: "pictures",
        needs: [evaluateJob(edit, method)],
        settings: { pictures, maxTime: evaluate.maxTime },
        images: pictures.samples * pictures.frames,
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
      run: (context, { folder }) => pictureAll(context, folder, edit, methods),
    },
  ]);
}

async function pictureOne(context: JobContext, folder: string, edit: Edit, method: Method): Promise<void> {
  const frames = await framesOf(context, edit, method);
  const { samples, times, height, width } = frames;
  await writeTensors(folder, FRAMES_FILE, {
    frames: { data: frames.data, shape: [samples, times.length, height, width, 3] },
  });
  const records = await writeMethodPictures(frames, folder, context.signal);
  await writeJsonAtomic(join(folder, PICTURES_FILE), below(picturesJob(edit, method), records));
}

async function pictureAll({ config, folder: run, signal }: JobContext, folder: string, edit: Edit, methods: readonly Method[]) {
  const linearFirst = [...methods].sort((a, b) => Number(a.kind === "nonlinear") - Number(b.kind === "nonlinear"));
  const frames = await Promise.all(linearFirst.map((method) => readFrames(run, config, edit, method)));
  const records = await writeComparisonPictures(frames, folder, signal);
  await writeJsonAtomic(join(folder, PICTURES_FILE), below(comparisonPicturesJob(edit), records));
}

/** Files are named from the run's folder. */
function below(job: string, records: readonly PictureRecord[]): PictureRecord[] {
  return records.map((record) => ({ ...record, file: `${job}/${record.file}` }));
}

/** The first held-out starts, edited further and further; one edit length at a time, to hold few images at once. */
async function framesOf(context: JobContext, edit: Edit, method: Method): Promise<EditFrames> {
  const { config, signal, progress } = context;
  const rows = (await readStarts(context.folder, edit, method)).slice(0, config.pictures.samples);
  const times = spaced(config.evaluate.maxTime, config.pictures.frames);
  const { model } = await context.model();
  const { data, shape } = (await context.sample()).heldOut.select(rows);
  const direction = await readDirection(context.folder, edit, method);
  const starts = tensor2d(data, [...shape]);
  const paths = direction.flow(starts, times);
  const { height, width } = context.world.environment.generator;
  const size = height * width * 3;
  const pixels = new Uint8Array(rows.length * times.length * size);
  try {
    for (let t = 0; t < times.length; t++) {
      throwIfAborted("pictures", signal);
      await nextMacrotask();
      const w = tidy(() => reshape(slice(paths, t, 1), shape as unknown as [number, number]) as Tensor2D);
      const images = await model.synthesize(w);
      const rgb = toRgb8(await images.data<"float32">());
      rows.forEach((_, i) => {
        pixels.set(rgb.subarray(i * size, (i + 1) * size), (i * times.length + t) * size);
      });
      dispose([w, images]);
      progress((t + 1) / times.length);
    }
  } finally {
    dispose([starts, paths]);
    direction.dispose();
  }
  return { ...captions(edit, method), times, samples: rows.length, height, width, data: pixels };
}

async function readFrames(run: RunFolder, config: ExperimentConfig, edit: Edit, method: Method): Promise<EditFrames> {
  const { data, shape } = (await readTensors(run, picturesJob(edit, method), FRAMES_FILE)).get("frames")!;
  const [samples, count, height, width] = shape as [number, number, number, number];
  const times = spaced(config.evaluate.maxTime, count);
  return { ...captions(edit, method), times, samples, height, width, data: data as Uint8Array };
}

function captions(edit: Edit, method: Method) {
  return { method: method.id, label: method.label, attribute: edit.name };
}
