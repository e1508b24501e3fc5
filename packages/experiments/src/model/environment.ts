import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { currentBackend } from "@latentflow/backend";
import { fingerprint } from "@latentflow/latent-edit";
import { tidy, version_core, zeros } from "@tensorflow/tfjs-core";
import type { ExperimentConfig } from "../config/types.js";
import type { Environment } from "../results.js";
import { VERSION } from "../version.js";
import type { ModelParts, RunningModel } from "./parts.js";

/** What an experiment runs with. */
export async function describeEnvironment(
  config: ExperimentConfig,
  parts: ModelParts,
  { model, engine }: RunningModel,
): Promise<Environment> {
  const backend = currentBackend();
  const w = tidy(() => zeros([1, model.latentDim]));
  const images = await model.synthesize(w);
  const [, height, width] = images.shape;
  w.dispose();
  images.dispose();
  return {
    seed: config.seed,
    versions: {
      latentflow: VERSION,
      node: process.version,
      tfjs: version_core,
      ...(engine.name === "onnx" && { "onnxruntime-node": runtimeVersion() }),
    },
    machine: `${process.platform} ${process.arch}, ${availableParallelism()} cores`,
    engine,
    backend: { name: backend.name, device: backend.device },
    generator: { name: parts.name, latentDim: model.latentDim, height, width, fingerprint: await fingerprint(model) },
  };
}

function runtimeVersion(): string {
  try {
    return (createRequire(import.meta.url)("onnxruntime-node/package.json") as { version: string }).version;
  } catch {
    return "unknown";
  }
}
