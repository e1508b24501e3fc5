import type { Attribute } from "@latentflow/core";
import type { ExperimentConfig, SampleConfig } from "../../config/types.js";
import { type CodeShape, LabelledCodes, sizeOf } from "../../model/labelled-codes.js";
import type { RunFolder } from "../../store/run-folder.js";
import { readTensors } from "../../store/tensor-file.js";
import type { Sample } from "../job.js";

export const CODES_JOB = "sample/codes";
export const CODES_FILE = "codes.safetensors";
export const LOGITS_FILE = "logits.safetensors";

export const labelsJob = (k: number) => `sample/labels-${String(k).padStart(4, "0")}`;

/** Which codes each labelling job labels. */
export function chunksOf({ codes, heldOut, chunk }: SampleConfig): { start: number; end: number }[] {
  const total = codes + heldOut;
  return Array.from({ length: Math.ceil(total / chunk) }, (_, k) => ({
    start: k * chunk,
    end: Math.min(total, (k + 1) * chunk),
  }));
}

/** Codes [start, end), row by row. */
export async function readCodes(folder: RunFolder, start: number, end: number): Promise<Float32Array> {
  const { data, shape } = (await readTensors(folder, CODES_JOB, CODES_FILE)).get("codes")!;
  const size = data.length / shape[0]!;
  return (data as Float32Array).slice(start * size, end * size);
}

export async function readSample(
  folder: RunFolder,
  { sample }: ExperimentConfig,
  attributes: readonly Attribute[],
  shape: CodeShape,
): Promise<Sample> {
  const total = sample.codes + sample.heldOut;
  const codes = await readCodes(folder, 0, total);
  const size = sizeOf(shape);
  const width = attributes.reduce((sum, { classes }) => sum + classes, 0);
  const logits = new Float32Array(total * width);
  for (const [k, { start }] of chunksOf(sample).entries()) {
    const chunk = (await readTensors(folder, labelsJob(k), LOGITS_FILE)).get("logits")!;
    logits.set(chunk.data as Float32Array, start * width);
  }
  const part = (start: number, end: number) =>
    new LabelledCodes(codes.slice(start * size, end * size), shape, logits.slice(start * width, end * width), attributes);
  return { training: part(0, sample.codes), heldOut: part(sample.codes, total) };
}
