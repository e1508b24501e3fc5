import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { currentBackend } from "@latentflow/backend";
import { type AttributeModel, SeededRandom } from "@latentflow/core";
import type { ModelParts, RunningModel } from "@latentflow/engine";
import { fingerprint } from "@latentflow/latent-edit";
import { dispose, tensor2d, tidy, version_core, zeros } from "@tensorflow/tfjs-core";
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
    regressor: { fingerprint: await logitsOfFixedCode(model) },
  };
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

async function logitsOfFixedCode(model: AttributeModel): Promise<number[]> {
  const w = tensor2d(new SeededRandom(20211).normals(model.latentDim), [1, model.latentDim]);
  const logits = await model.logits(w).finally(() => w.dispose());
  const values = await Promise.all(logits.map((x) => x.data<"float32">()));
  dispose(logits);
  return values.flatMap((data) => Array.from(data, (x) => Number(x.toPrecision(5))));
}

function runtimeVersion(): string {
  try {
    return (createRequire(import.meta.url)("onnxruntime-node/package.json") as { version: string }).version;
  } catch {
    return "unknown";
  }
}
