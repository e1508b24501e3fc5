import { readSafetensors, type TensorData, writeSafetensors } from "@latentflow/checkpoints";
import { type CheckpointStore, throwIfAborted } from "@latentflow/core";
import { floats, hasNativeRuntime, OnnxSession } from "@latentflow/onnx";
import { type Tensor4D, tensor4d } from "@tensorflow/tfjs-core";
import { ModelsError } from "../errors.js";
import type { FactorRegressor } from "../regressor/factor-regressor.js";
import type { LabelledImages } from "./data.js";

const BATCH = 16;
/** Parts of the pictures after which features are kept, for an interrupted run to go on. */
const PARTS = 10;
const FORMAT = "latentflow features";

interface Options {
  readonly engine: "auto" | "onnx" | "tfjs";
  readonly store: CheckpointStore | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (done: number) => void;
}

/** What a frozen network's heads read, of all pictures: [length, features], computed once and kept. */
export async function frozenFeatures(
  backbone: FactorRegressor,
  data: LabelledImages,
  { engine, store, signal, onProgress }: Options,
): Promise<Float32Array> {
  const key = await keyOf(backbone, data);
  const kept = await readKept(store, key);
  const { compute, dispose } = await extractor(backbone, engine);
  try {
    const width = kept === null ? (await compute(await data.read([0]), 1, data)).length : kept.values.length / kept.done;
    const values = new Float32Array(data.length * width);
    if (kept !== null) values.set(kept.values);
    const keepEvery = Math.ceil(data.length / PARTS);
    let keptAt = kept?.done ?? 0;
    for (let done = keptAt; done < data.length; ) {
      throwIfAborted("trainRegressor", signal);
      const indices = Array.from({ length: Math.min(BATCH, data.length - done) }, (_, i) => done + i);
      values.set(await compute(await data.read(indices), indices.length, data), done * width);
      done += indices.length;
      onProgress(done);
      if (store !== undefined && (done === data.length || done - keptAt >= keepEvery)) {
        await store.write(encode(values.subarray(0, done * width), done, width, key));
        keptAt = done;
      }
    }
    return values;
  } finally {
    await dispose();
  }
}

/** Whether ONNX Runtime computes. @throws ModelsError where it is asked for and not there */
export async function runsNatively(engine: Options["engine"]): Promise<boolean> {
  const isNative = engine !== "tfjs" && (await hasNativeRuntime());
  if (engine !== "onnx" || isNative) return isNative;
  throw new ModelsError(
    'trainRegressor: expected onnxruntime-node for engine "onnx", but it is not installed (npm install onnxruntime-node).',
  );
}

interface Extractor {
  compute(pixels: Float32Array, n: number, size: LabelledImages): Promise<Float32Array>;
  dispose(): Promise<void>;
}

async function extractor(backbone: FactorRegressor, engine: Options["engine"]): Promise<Extractor> {
  if (!(await runsNatively(engine)))
    return {
      async compute(pixels, n, { height, width }) {
        const images = tensor4d(pixels, [n, height, width, 3]);
        const features = backbone.features(images as Tensor4D);
        const values = (await features.data()) as Float32Array;
        images.dispose();
        features.dispose();
        return values;
      },
      async dispose() {},
    };
  const session = await OnnxSession.create(await backbone.toOnnx());
  return {
    async compute(pixels, n, { height, width }) {
      const { features } = await session.run({ images: floats([n, 3, height, width], planes(pixels, n, height * width)) }, [
        "features",
      ]);
      return features!.data as Float32Array;
    },
    dispose: () => session.dispose(),
  };
}

/** Channels last → channels first. */
function planes(pixels: Float32Array, n: number, places: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(pixels.length);
  for (let i = 0; i < n; i++)
    for (let p = 0; p < places; p++)
      for (let c = 0; c < 3; c++) out[(i * 3 + c) * places + p] = pixels[(i * places + p) * 3 + c]!;
  return out;
}

/** Which network and which pictures: its weights, their number and size, their labels, and the first and the last of them. */
async function keyOf(backbone: FactorRegressor, data: LabelledImages): Promise<string> {
  const ends = await data.read([0, data.length - 1]);
  const parts = [backbone.toSafetensors(), ends, data.labels].map((array) => digest(array));
  return [data.length, data.height, data.width, ...(await Promise.all(parts))].join(" ");
}

export async function digest(array: Uint8Array | Float32Array | Int32Array): Promise<string> {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength).slice();
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function encode(values: Float32Array, done: number, width: number, key: string): Uint8Array {
  const features: TensorData = { dtype: "float32", shape: [done, width], data: values as Float32Array<ArrayBuffer> };
  return writeSafetensors({ features }, { format: FORMAT, key });
}

/** What is kept of these pictures and this network; anything else is computed anew. */
async function readKept(store: CheckpointStore | undefined, key: string): Promise<{ done: number; values: Float32Array } | null> {
  const bytes = await store?.read();
  if (!bytes) return null;
  const { tensors, metadata } = await readSafetensors(bytes).catch(() => ({
    tensors: new Map(),
    metadata: new Map<string, string>(),
  }));
  const features = tensors.get("features");
  if (metadata.get("format") !== FORMAT || metadata.get("key") !== key || features === undefined) return null;
  return { done: features.shape[0], values: features.data };
}
