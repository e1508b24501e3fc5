import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { currentBackend } from "@latentflow/backend";
import type { CodeSource, ModelParts, RunningModel } from "@latentflow/engine";
import { fingerprint, logitsFingerprint } from "@latentflow/latent-edit";
import { tidy, version_core, zeros } from "@tensorflow/tfjs-core";
import type { ExperimentConfig } from "../config/types.js";
import type { Environment } from "../results/index.js";
import { VERSION } from "../version.js";

/** What an experiment runs with. */
export async function describeEnvironment(
  config: ExperimentConfig,
  parts: ModelParts,
  { model, engine }: RunningModel,
): Promise<Environment> {
  const w = tidy(() => zeros([1, model.latentDim]));
  const images = await model.synthesize(w).finally(() => w.dispose());
  const [, height, width] = images.shape;
  images.dispose();
  return {
    seed: config.seed,
    ...describeProcess(engine.name),
    engine,
    generator: { name: parts.name, latentDim: model.latentDim, height, width, fingerprint: await fingerprint(model) },
    regressor: { fingerprint: await logitsFingerprint(model) },
    ...(parts.codes && { codes: describeCodes(parts.codes) }),
    ...(parts.notes !== undefined && parts.notes.length > 0 && { notes: parts.notes }),
  };
}

function describeCodes({ about, fingerprint: numbers, labels }: CodeSource): NonNullable<Environment["codes"]> {
  return { about, fingerprint: numbers, labelled: labels !== undefined };
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
