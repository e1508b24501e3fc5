import { stat, statfs } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import { dirname, resolve } from "node:path";
import { availableBackends, useBackend } from "@latentflow/backend";
import { throwIfAborted } from "@latentflow/core";
import { autoModel, type ModelParts } from "@latentflow/engine";
import { hasNativeRuntime } from "@latentflow/onnx";
import { dispose, tensor } from "@tensorflow/tfjs-core";
import { ExperimentsError } from "../errors.js";
import { explainFailure } from "../explain-failure.js";
import { loadParts } from "../model/load-parts.js";
import { RunFolder } from "../store/run-folder.js";
import { VERSION } from "../version.js";

/** One thing looked at. */
export interface Finding {
  readonly what: string;
  /** "note": fine, but could be better. */
  readonly state: "good" | "note" | "bad";
  readonly text: string;
}

/** Images at once, and how long each engine is measured, in milliseconds. */
const BATCH = 16;
const MEASURE = 2000;
const GIGABYTE = 2 ** 30;

/** Looks at what an experiment needs: Node, backends, engines and their speed on the bundled generator, files, room on the disk. */
export async function* examine(out: string, signal?: AbortSignal): AsyncGenerator<Finding> {
  yield { what: "latentflow", state: "good", text: VERSION };
  const node = process.versions.node.split(".").map(Number);
  const recent = node[0]! > 20 || (node[0] === 20 && node[1]! >= 19);
  yield { what: "Node", state: recent ? "good" : "bad", text: `${process.version}${recent ? "" : ": 20.19 or later is needed"}` };
  const memory = (totalmem() / GIGABYTE).toFixed(0);
  yield {
    what: "machine",
    state: "good",
    text: `${process.platform} ${process.arch}, ${availableParallelism()} cores, ${memory} GB`,
  };
  yield await disk(out);
  for (const { name, available, reason } of await availableBackends()) {
    yield {
      what: `tfjs ${name}`,
      state: available ? "good" : "note",
      text: available ? "can run here" : (reason ?? "can't run here"),
    };
  }
  const native = await hasNativeRuntime();
  yield {
    what: "ONNX Runtime",
    state: native ? "good" : "note",
    text: native
      ? "onnxruntime-node loads"
      : "not installed: npm install onnxruntime-node makes experiments several times faster (with ONNXRUNTIME_NODE_INSTALL=skip before it where its download of CUDA libraries fails)",
  };
  const parts = await attempt(async () => {
    await useBackend();
    return loadParts({ kind: "scenes", from: null });
  });
  if (parts instanceof Error) return yield { what: "bundled networks", state: "bad", text: parts.message };
  yield { what: "bundled networks", state: "good", text: parts.name };
  try {
    yield* speeds(parts, native, signal);
  } finally {
    parts.dispose?.();
  }
}

async function* speeds(parts: ModelParts, native: boolean, signal: AbortSignal | undefined): AsyncGenerator<Finding> {
  for (const engine of native ? (["onnx", "tfjs"] as const) : (["tfjs"] as const)) {
    throwIfAborted("doctor", signal);
    const found = await attempt(() => speedOf(parts, engine));
    throwIfAborted("doctor", signal);
    yield found instanceof Error
      ? { what: `speed, ${engine}`, state: "bad", text: found.message }
      : { what: `speed, ${engine}`, state: "good", text: found };
  }
}

async function disk(out: string): Promise<Finding> {
  const folder = await nearestFolder(resolve(out));
  const found = await attempt(async () => {
    await new RunFolder(folder).check();
    const { bavail, bsize } = await statfs(folder);
    return (bavail * bsize) / GIGABYTE;
  });
  if (found instanceof Error) {
    const text = found instanceof ExperimentsError ? found.message : explainFailure(found);
    return { what: "disk", state: "bad", text };
  }
  const text = `${folder} can be written, ${found.toFixed(1)} GB free`;
  return { what: "disk", state: found < 0.5 ? "note" : "good", text };
}

/** The folder, or where it is not there yet, the nearest above it that is: looking leaves nothing behind. */
async function nearestFolder(path: string): Promise<string> {
  const exists = await stat(path).then(
    () => true,
    () => false,
  );
  return exists || dirname(path) === path ? path : nearestFolder(dirname(path));
}

/** Images per second, without and with their gradient. */
async function speedOf(parts: ModelParts, engine: "onnx" | "tfjs"): Promise<string> {
  const running = await autoModel(parts, { engine });
  const { model } = running;
  const codes = await parts.sampleCodes(BATCH, 0);
  const plus = parts.codes?.rowCount;
  const w = tensor(codes, plus === undefined ? [BATCH, codes.length / BATCH] : [BATCH, plus, codes.length / BATCH / plus]);
  const originalLogits = await model.logits(w);
  const request = { attributeIndex: 0, target: 0, temperature: 4, preservationWeight: 1, originalLogits };
  const forward = await rate(async () => dispose(await model.logits(w)));
  const gradient = await rate(async () => {
    const { logits, gradient: pulled } = await model.lossAndGradient(w, request);
    dispose([...logits, pulled]);
  });
  dispose([w, ...originalLogits]);
  running.dispose();
  const [images, gradients] = [forward, gradient].map((x) => Math.round(BATCH * x));
  return `${images} images/s labelled, ${gradients} images/s with gradient; ${running.engine.device}`;
}

/** Calls a second, after a first one that prepares what it needs. */
async function rate(work: () => Promise<void>): Promise<number> {
  await work();
  const started = performance.now();
  let calls = 0;
  while (performance.now() - started < MEASURE) {
    await work();
    calls++;
  }
  return (1000 * calls) / (performance.now() - started);
}

async function attempt<T>(work: () => Promise<T>): Promise<T | Error> {
  try {
    return await work();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
