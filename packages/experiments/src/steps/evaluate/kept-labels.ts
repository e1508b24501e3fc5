import type { TensorData } from "@latentflow/checkpoints";
import { type AttributeModel, nextMacrotask, throwIfAborted } from "@latentflow/core";
import type { Direction, LabelsAlong } from "@latentflow/latent-edit";
import { reshape, slice, type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";
import type { CodeArray } from "../../model/labelled-codes.js";
import { readLabels } from "../../model/read-labels.js";
import { KeptArrays } from "../../store/kept-arrays.js";

export interface KeptLabelsOptions {
  readonly model: AttributeModel;
  /** Start codes. */
  readonly codes: CodeArray;
  /** Edit lengths. */
  readonly times: readonly number[];
  /** Codes at once. */
  readonly batchSize: number;
  /** File of what is done. */
  readonly scratch: string;
  /** Tells a file of the same direction and codes from others, which are no use. */
  readonly madeOf: string;
  /** After each batch: all its codes at all times. */
  readonly onProgress?: (progress: { codes: number; total: number }) => void;
  readonly signal?: AbortSignal;
}

/** As far as a measurement got: all codes before `start` at all times, those of the batch from there at the first `times`. */
interface Position {
  start: number;
  times: number;
}

/**
 * `labelsAlong` of `@latentflow/latent-edit`, written down on the way: an interrupted measurement goes on at the edit length where it was. The flow
 * of a batch is computed again, which costs nothing beside its pictures.
 */
export async function keptLabelsAlong(direction: Direction, options: KeptLabelsOptions): Promise<LabelsAlong> {
  const { model, codes, times, batchSize, scratch, madeOf } = options;
  const [rows] = codes.shape;
  const shape = [rows, model.attributes.length, times.length] as const;
  const width = shape[1] * shape[2];
  const size = rows * width;
  const data = model.attributes.every(({ classes }) => classes <= 256) ? new Uint8Array(size) : new Int32Array(size);
  const kept = new KeptArrays(scratch, madeOf);
  const at = restore(await kept.read(), data, { rows, width, batchSize, times: times.length });
  await kept.during(measure(direction, options, data, at), () => {
    const end = at.times === 0 ? at.start : Math.min(rows, at.start + batchSize);
    const labels: TensorData = {
      ...{ dtype: "int32", shape: [end, shape[1], shape[2]] },
      data: Int32Array.from(data.subarray(0, end * width)),
    };
    return { labels, at: { dtype: "int32", shape: [2], data: Int32Array.of(at.start, at.times) } };
  });
  return { data, shape };
}

/** Measures from `at` on, one batch at one time a turn; moves `at`. */
async function* measure(
  direction: Direction,
  { model, codes, times, batchSize, onProgress, signal }: KeptLabelsOptions,
  data: LabelsAlong["data"],
  at: Position,
): AsyncGenerator<void> {
  const [rows, ...each] = codes.shape;
  const size = codes.data.length / rows;
  const attributes = model.attributes.length;
  while (at.start < rows) {
    const count = Math.min(batchSize, rows - at.start);
    const values = codes.data.slice(at.start * size, (at.start + count) * size);
    const paths = tidy(() => direction.flow(tensor(values, [count, ...each]), times));
    try {
      while (at.times < times.length) {
        throwIfAborted("evaluate", signal);
        await nextMacrotask();
        const labels = await labelsAt(model, paths, at.times);
        labels.forEach((column, j) => {
          column.forEach((label, i) => {
            data[((at.start + i) * attributes + j) * times.length + at.times] = label;
          });
        });
        at.times++;
        yield;
      }
    } finally {
      paths.dispose();
    }
    at.start += count;
    at.times = 0;
    onProgress?.({ codes: at.start, total: rows });
  }
}

/** Predicted classes of a batch at one time, a column an attribute. */
async function labelsAt(model: AttributeModel, paths: Tensor, time: number): Promise<Int32Array[]> {
  const w = tidy(() => reshape(slice(paths, time, 1), paths.shape.slice(1)));
  return readLabels(model, w).finally(() => w.dispose());
}

/** Puts what was kept into `data`, and says from where to go on. Files of version 0.1.0 hold whole batches only. */
function restore(
  kept: ReadonlyMap<string, TensorData>,
  data: LabelsAlong["data"],
  { rows, width, batchSize, times }: { rows: number; width: number; batchSize: number; times: number },
): Position {
  const labels = kept.get("labels")?.data as Int32Array | undefined;
  if (labels === undefined || labels.length > rows * width || labels.length % width !== 0) return { start: 0, times: 0 };
  data.set(labels);
  const end = labels.length / width;
  const [start = end, done = 0] = (kept.get("at")?.data as Int32Array | undefined) ?? [];
  // With batches of another size the one that was in progress is another.
  const isSameBatch = done > 0 && done < times && end === Math.min(rows, start + batchSize);
  return { start, times: isSameBatch ? done : 0 };
}
