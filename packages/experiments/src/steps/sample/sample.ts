import { join } from "node:path";
import { type AttributeModel, describeValue, nextMacrotask, throwIfAborted } from "@latentflow/core";
import { writeJsonAtomic } from "@latentflow/core/files";
import { labelAssociation } from "@latentflow/metrics";
import { concat, dispose, type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";
import { ConfigError } from "../../errors.js";
import type { Experiment } from "../../experiment/experiment.js";
import { codeShapeOf } from "../../model/code-shape.js";
import { type CodeShape, codeArray, sizeOf } from "../../model/labelled-codes.js";
import type { SampleRecord } from "../../results/index.js";
import { finiteOrNull } from "../../results/numbers.js";
import { hashOf } from "../../store/hash.js";
import { KeptArrays } from "../../store/kept-arrays.js";
import { writeTensors } from "../../store/tensor-file.js";
import type { Job, JobOutput, StepContext } from "../job.js";
import { CODES_FILE, CODES_JOB, chunksOf, LOGITS_FILE, labelsJob, readCodes } from "./read-sample.js";

export const SUMMARY_JOB = "sample/summary";
export const SUMMARY_FILE = "sample.json";

/** Codes of the seed; then, chunk by chunk, what the regressor says about their pictures. */
export function sampleJobs({ config, networks }: Experiment): Job[] {
  const { environment } = networks;
  const { rowCount } = codeShapeOf(config, networks);
  const { model, truncation, truncationCutoff, seed, sample } = config;
  const { codes, heldOut } = sample;
  // Files may change while their names stay: what all jobs depend on is what the networks do, and what runs them.
  const { engine, backend, generator, regressor, codes: source } = environment;
  const madeBy = [
    engine.name,
    backend.name,
    generator.fingerprint,
    regressor.fingerprint,
    ...(source ? [source.fingerprint] : []),
  ];
  const codesJob: Job = {
    id: CODES_JOB,
    step: "sample",
    needs: [],
    settings: { model, madeBy, seed, codes, heldOut, ...(rowCount !== undefined && { rowCount }) },
    images: 0,
    run: makeCodes,
  };
  const labelling = chunksOf(sample).map(({ start, end }, k): Job => {
    const id = labelsJob(k);
    const isLabelled = source?.labelled === true;
    const run: Job["run"] = (context, output) => (isLabelled ? takeLabels : label)(context, output, start, end);
    const images = isLabelled ? 0 : end - start;
    return {
      id,
      step: "sample",
      needs: [CODES_JOB],
      settings: { truncation, ...(truncationCutoff !== undefined && { truncationCutoff }), start, end },
      images,
      run,
    };
  });
  const summary: Job = {
    id: SUMMARY_JOB,
    step: "sample",
    needs: labelling.map(({ id }) => id),
    settings: {},
    images: 0,
    run: summarise,
  };
  return [codesJob, ...labelling, summary];
}

async function makeCodes({ config, networks, parts }: StepContext, { folder }: { folder: string }): Promise<void> {
  const count = config.sample.codes + config.sample.heldOut;
  const { sampleCodes, codes } = await parts();
  const given: CodeShape = { latentDim: networks.latentDim, rowCount: codes?.rowCount };
  const data: unknown = await sampleCodes.call(await parts(), count, config.seed);
  const size = count * sizeOf(given);
  if (!(data instanceof Float32Array) || data.length !== size || !data.every(Number.isFinite)) {
    const got = ArrayBuffer.isView(data) ? `${data.constructor.name} of ${data.byteLength} bytes` : describeValue(data);
    throw new ConfigError(
      `config: expected sampleCodes(${count}, ${config.seed}) to give a Float32Array of ${count} · ${sizeOf(given)} finite numbers, got ${got}; mend the model's module.`,
    );
  }
  const { rowCount } = codeShapeOf(config, networks);
  const repeats = rowCount !== undefined && given.rowCount === undefined;
  const made = repeats ? repeated(data, networks.latentDim, rowCount) : data;
  await writeTensors(folder, CODES_FILE, { codes: codeArray(made, { ...given, rowCount }) });
}

/** W codes as W+ codes of equal rows. */
function repeated(codes: Float32Array, latentDim: number, rowCount: number): Float32Array {
  const result = new Float32Array(codes.length * rowCount);
  for (let i = 0; i * latentDim < result.length; i++) {
    const start = Math.floor(i / rowCount) * latentDim;
    result.set(codes.subarray(start, start + latentDim), i * latentDim);
  }
  return result;
}

/** Logits of the codes [start, end), all attributes side by side; an interrupted chunk goes on at the batch where it was. */
async function label(context: StepContext, { folder, scratch }: JobOutput, start: number, end: number): Promise<void> {
  const { config, networks, signal, progress } = context;
  const { model } = await context.model();
  const shape = codeShapeOf(config, networks);
  const codes = await readCodes(context.folder, start, end);
  const width = networks.attributes.reduce((sum, { classes }) => sum + classes, 0);
  const rows = end - start;
  const logits = new Float32Array(rows * width);
  const kept = new KeptArrays(scratch, hashOf(new Uint8Array(codes.buffer, codes.byteOffset, codes.byteLength)));
  const before = (await kept.read()).get("logits")?.data as Float32Array | undefined;
  let done = 0;
  if (before !== undefined && before.length <= logits.length) {
    logits.set(before);
    done = Math.floor(before.length / width);
  }
  const steps = async function* () {
    while (done < rows) {
      throwIfAborted("sample", signal);
      await nextMacrotask();
      const count = Math.min(config.sample.batchSize, rows - done);
      const batch = codeArray(codes.slice(done * sizeOf(shape), (done + count) * sizeOf(shape)), shape);
      logits.set(await logitsOf(model, tensor(batch.data, [...batch.shape])), done * width);
      done += count;
      progress(done / rows);
      yield;
    }
  };
  await kept.during(steps(), () => ({
    logits: { dtype: "float32", shape: [done, width], data: logits.slice(0, done * width) },
  }));
  await writeTensors(folder, LOGITS_FILE, { logits: { data: logits, shape: [rows, width] } });
}

/** The labels that come with the codes [start, end), as logits of which the label's is 1 and all others are 0: more is not known. */
async function takeLabels({ config, networks, parts }: StepContext, { folder }: JobOutput, start: number, end: number) {
  const { attributes } = networks;
  const { sample, seed } = config;
  const labels = await (await parts()).codes?.labels?.(sample.codes + sample.heldOut, seed);
  if (labels === undefined)
    throw new ConfigError("config: expected model.codes to be a file with labels, as when the run began.");
  const width = attributes.reduce((sum, { classes }) => sum + classes, 0);
  const logits = new Float32Array((end - start) * width);
  for (let i = start; i < end; i++) {
    let column = (i - start) * width;
    attributes.forEach(({ classes }, j) => {
      logits[column + labels[i * attributes.length + j]!] = 1;
      column += classes;
    });
  }
  await writeTensors(folder, LOGITS_FILE, { logits: { data: logits, shape: [end - start, width] } });
}

/** Logits of codes, which are disposed: row by row, all attributes side by side. */
async function logitsOf(model: AttributeModel, w: Tensor): Promise<Float32Array> {
  const found = await model.logits(w).finally(() => w.dispose());
  const rows = tidy(() => concat(found, 1));
  dispose(found);
  return (await rows.data<"float32">().finally(() => rows.dispose())) as Float32Array;
}

async function summarise({ networks, sample }: StepContext, { folder }: { folder: string }): Promise<void> {
  const { training, heldOut } = await sample();
  const attributes = networks.attributes.map(({ name, classes }, j) => {
    const counts = Array<number>(classes).fill(0);
    for (let i = 0; i < training.rows; i++) counts[training.label(i, j)]!++;
    return { name, classes, counts };
  });
  const labels = { data: training.labels, shape: [training.rows, attributes.length] as const };
  const classes = attributes.map((attribute) => attribute.classes);
  const association = labelAssociation(labels, classes).map((row) => Array.from(row, finiteOrNull));
  const record: SampleRecord = { codes: training.rows, heldOut: heldOut.rows, attributes, association };
  await writeJsonAtomic(join(folder, SUMMARY_FILE), record);
}
