import { describeValue } from "@latentflow/core";
import { ModelsError } from "../errors.js";
import type { LabelledImages } from "./data.js";
import { digest, frozenFeatures } from "./frozen-features.js";
import type { TrainingSettings } from "./settings.js";

/** Rows that go into a network: pixels, or features of a frozen one. */
export interface Rows {
  readonly length: number;
  readonly labels: Int32Array;
  /** Tells these rows from others. */
  readonly key: string;
  /** Shape of one. */
  readonly shape: readonly number[];
  read(indices: readonly number[]): Promise<Float32Array>;
}

/** Pictures as they are. Their labels tell them from others, so that a broken picture may be mended between two runs. */
export async function pixelRows({ length, labels, height, width, read }: LabelledImages): Promise<Rows> {
  const key = await keyOf([length, height, width], labels);
  return { length, labels, key, shape: [height, width, 3], read };
}

/** What a frozen network makes of the pictures. */
export async function featureRows(
  { backbone, engine, features, signal, onProgress, ...settings }: TrainingSettings,
  part: "train" | "validation",
): Promise<Rows> {
  const data = settings[part];
  const report = (done: number) => onProgress?.({ phase: "features", epoch: 0, done, total: data.length });
  const values = await frozenFeatures(backbone!, data, { engine, store: features?.[part], signal, onProgress: report });
  const width = values.length / data.length;
  return {
    length: data.length,
    labels: data.labels,
    key: await keyOf([data.length, data.height, data.width], data.labels, values),
    shape: [width],
    async read(indices) {
      const rows = new Float32Array(indices.length * width);
      for (const [i, index] of indices.entries()) rows.set(values.subarray(index * width, (index + 1) * width), i * width);
      return rows;
    },
  };
}

async function keyOf(sizes: readonly number[], ...parts: readonly (Int32Array | Float32Array)[]): Promise<string> {
  return [...sizes, ...(await Promise.all(parts.map(digest)))].join("/");
}

/** Throws unless so many numbers were read as the pictures have, all of them finite: a clamp would hide the others. */
export function checkRead(caller: string, values: Float32Array, indices: readonly number[], { shape }: Rows): void {
  const size = shape.reduce((product, length) => product * length, 1);
  if (!(values instanceof Float32Array) || values.length !== indices.length * size)
    throw new ModelsError(
      `${caller}: expected read to give a Float32Array of ${indices.length * size} numbers for ${indices.length} pictures, got ${describeValue(values)}.`,
    );
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0)
    throw new ModelsError(
      `${caller}: expected finite numbers of picture ${indices[Math.floor(wrong / size)]}, got ${values[wrong]}; mend the picture, or leave it out.`,
    );
}

/** Labels of some rows, one after another. */
export function labelsOf(labels: Int32Array, indices: readonly number[], count: number): Int32Array {
  return Int32Array.from(indices.flatMap((index) => Array.from(labels.subarray(index * count, (index + 1) * count))));
}
