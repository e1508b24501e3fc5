import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { currentBackend } from "@latentflow/backend";
import { SeededRandom } from "@latentflow/core";
import type { CodeSource, ModelParts, RunningModel } from "@latentflow/engine";
import { fingerprint, logitsFingerprint } from "@latentflow/latent-edit";
import { tensor2d, tidy, version_core, zeros } from "@tensorflow/tfjs-core";
import type { ExperimentConfig } from "../config/types.js";
import type { Environment, JudgeRecord } from "../results/index.js";
import { VERSION } from "../version.js";

/** What an experiment runs with. */
export async function describeEnvironment(
  config: ExperimentConfig,
  parts: ModelParts,
  running: RunningModel,
): Promise<Environment> {
  const { model, engine } = running;
  const w = tidy(() => zeros([1, model.latentDim]));
  const images = await model.synthesize(w).finally(() => w.dispose());
  const [, height, width] = images.shape;
  images.dispose();
  return {
    seed: config.seed,
    ...describeProcess(engine.name),
    engine,
    generator: {
      ...{ name: parts.name, latentDim: model.latentDim },
      ...(model.rowCount !== undefined && { rowCount: model.rowCount }),
      ...{ height, width, fingerprint: await fingerprint(model) },
      ...(parts.mappingSlope !== undefined && { mappingSlope: parts.mappingSlope }),
    },
    regressor: { fingerprint: await logitsFingerprint(model) },
    ...(parts.codes && { codes: describeCodes(parts.codes) }),
    ...(parts.notes !== undefined && parts.notes.length > 0 && { notes: parts.notes }),
    ...(await judgeOf(running)),
  };
}

function describeCodes({ about, fingerprint: numbers, labels, rowCount }: CodeSource): NonNullable<Environment["codes"]> {
  return { about, fingerprint: numbers, labelled: labels !== undefined, ...(rowCount !== undefined && { rowCount }) };
}

/** Features that tell one judge from another. */
const JUDGED = 32;

async function judgeOf({ model, judge }: RunningModel): Promise<{ judge?: JudgeRecord }> {
  if (judge === null || model.features === undefined) return {};
  const w = tensor2d(new SeededRandom(20211).normals(model.latentDim), [1, model.latentDim]);
  const features = await model.features(w).finally(() => w.dispose());
  const values = await features.data<"float32">().finally(() => features.dispose());
  const fingerprint = Array.from(values.subarray(0, JUDGED), (x) => Number(x.toPrecision(5)));
  return { judge: { network: judge, features: values.length, fingerprint } };
}

/** What may differ from one process of a run to the next. */
export function describeProcess(engine: Environment["engine"]["name"]): Pick<Environment, "versions" | "machine" | "backend"> {
  const backend = currentBackend();
  return {
    versions: {
      latentflow: VERSION,
      node: process.version,
      tfjs: version_core,
      ...(engine === "onnx" && { "onnxruntime-node": runtimeVersion() }),
    },
    machine: `${process.platform} ${process.arch}, ${availableParallelism()} cores`,
    backend: { name: backend.name, device: backend.device },
  };
}

function runtimeVersion(): string {
  try {
    return (createRequire(import.meta.url)("onnxruntime-node/package.json") as { version: string }).version;
  } catch {
    return "unknown";
  }
}
