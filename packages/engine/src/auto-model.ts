import { currentBackend } from "@latentflow/backend";
import { checkChoice, checkOptions, describeValue } from "@latentflow/core";
import { tfjsModel } from "@latentflow/latent-edit";
import { hasNativeRuntime, type OnnxExportable, onnxModel } from "@latentflow/onnx";
import { EngineError } from "./errors.js";
import type { ModelParts, RunningModel } from "./parts.js";
import { WatchedModel } from "./watched-model.js";

/** What may run the frozen networks. */
export type EngineName = "auto" | "onnx" | "tfjs";

export interface AutoModelOptions {
  /**
   * Default "auto": ONNX Runtime where onnxruntime-node loads and the networks can be written as graphs, else tfjs. In browsers tfjs: our wasm is
   * faster there than onnxruntime-web on one thread; "onnx" takes that one.
   */
  readonly engine?: EngineName;
  /** ψ (default 1: none). */
  readonly truncation?: number;
  /** Threads of ONNX Runtime (default in Node: one for each core that this process may use). */
  readonly threads?: number;
}

/**
 * The frozen half on the fastest engine that this installation has. `useBackend` must have been called: the trained half is on tfjs in any case.
 *
 * @throws EngineError for an engine that was asked for by name and can't run here, or a truncation without a mean latent
 */
export async function autoModel(parts: ModelParts, options: AutoModelOptions = {}): Promise<RunningModel> {
  checkOptions("autoModel", options, ["engine", "truncation", "threads"], EngineError);
  const { engine: wanted = "auto", threads = cores() } = options;
  checkChoice("autoModel", "engine", wanted, ["auto", "onnx", "tfjs"], EngineError);
  const obstacle = wanted === "tfjs" ? "tfjs was asked for" : await onnxObstacle(parts, wanted);
  if (wanted === "onnx" && obstacle !== null) throw new EngineError(`autoModel: ${obstacle}, so the engine can't be "onnx".`);
  const truncation = truncationOf(parts, options.truncation ?? 1);
  const { generator, regressor, judge } = parts;
  if (judge !== undefined && typeof judge?.features !== "function")
    throw new EngineError(`autoModel: expected a judge with features(images), got ${describeValue(judge)}.`);
  if (obstacle === null) {
    const networks = {
      generator: generator as OnnxExportable,
      regressor: regressor as OnnxExportable,
      ...(judge && { judge: judge as OnnxExportable }),
    };
    const model = new WatchedModel(await onnxModel({ ...networks, ...truncation, ...(threads !== undefined && { threads }) }));
    // The number of threads changes no number, so it is no part of what a run is known by.
    const device = "ONNX Runtime on the processor";
    const reason = wanted === "onnx" ? "it was asked for" : "the fastest engine that is installed";
    return running(model, { name: "onnx", device, reason }, judge);
  }
  const model = new WatchedModel(tfjsModel({ generator, regressor, ...(judge && { judge }), ...truncation }));
  return running(model, { name: "tfjs", device: currentBackend().device, reason: obstacle }, judge);
}

function running(model: WatchedModel, engine: RunningModel["engine"], judge: ModelParts["judge"]): RunningModel {
  const features = model.features && (judge ? "judge" : "regressor");
  return { model, engine, judge: features ?? null, images: () => model.images, dispose: () => model.dispose() };
}

/** Why ONNX Runtime can't run these networks here, or shouldn't; null when it can. */
async function onnxObstacle({ generator, regressor, judge }: ModelParts, wanted: EngineName): Promise<string | null> {
  if ([generator, regressor, judge].some((network) => network && typeof network.toOnnx !== "function"))
    return "the networks can't be written as ONNX graphs (they have no toOnnx())";
  if (!inNode) return wanted === "onnx" ? null : "in a browser it is faster than onnxruntime-web on one thread";
  return (await hasNativeRuntime()) ? null : "onnxruntime-node is not installed (npm install onnxruntime-node makes this faster)";
}

const inNode = typeof process !== "undefined" && process.versions?.node !== undefined;

/** Cores that this process may use, which a container may limit; undefined in browsers, where the runtime decides. */
function cores(): number | undefined {
  return inNode ? process.getBuiltinModule?.("node:os")?.availableParallelism() : undefined;
}

function truncationOf(parts: ModelParts, psi: number) {
  if (psi === 1) return {};
  if (parts.meanLatent === undefined)
    throw new EngineError(`autoModel: expected truncation 1 for a model without meanLatent, got ${psi}.`);
  return { truncation: { psi, meanLatent: parts.meanLatent } };
}
