import { currentBackend } from "@latentflow/backend";
import {
  checkNumber,
  type DeclaredOptions,
  describeValue,
  type Embedder,
  type Generator,
  type GivenOptions,
  type Regressor,
  readOptions,
} from "@latentflow/core";
import { tfjsModel } from "@latentflow/latent-edit";
import { hasNativeRuntime, type OnnxExportable, onnxModel } from "@latentflow/onnx";
import { EngineError } from "./errors.js";
import type { ModelParts, NetworkParts, ReadyParts, RunningModel } from "./parts.js";
import { WatchedModel } from "./watched-model.js";

const TRUNCATION = {
  psi: {},
  cutoff: { integer: true, min: 0 },
} as const satisfies DeclaredOptions;

export const AUTO_MODEL = {
  /**
   * Default "auto": ONNX Runtime where onnxruntime-node loads and the networks can be written as graphs, else tfjs. In browsers tfjs: our wasm is
   * faster there than onnxruntime-web on one thread; "onnx" takes that one.
   */
  engine: { default: "auto", choices: ["auto", "onnx", "tfjs"] },
  /** Threads of ONNX Runtime (default in Node: one for each core that this process may use). */
  threads: { optional: true, min: 1, integer: true },
  /** ψ towards the mean latent, after the edit (default 1: none; 0.7 in the paper), or with a cutoff, so that only so many first rows of W+ are pulled. */
  truncation: { default: 1, check: checkTruncation },
} as const satisfies DeclaredOptions;

/** What may run the frozen networks. */
export type EngineName = (typeof AUTO_MODEL)["engine"]["choices"][number];

/** ψ, of all rows of W+ or of the first `cutoff`. */
export type TruncationSetting = number | GivenOptions<typeof TRUNCATION>;

export interface AutoModelOptions extends GivenOptions<typeof AUTO_MODEL> {}

/**
 * The frozen half on the fastest engine that this installation has. `useBackend` must have been called: the trained half is on tfjs in any case.
 *
 * @throws EngineError for an engine that was asked for by name and can't run here, or a truncation without a mean latent
 */
export async function autoModel(parts: ModelParts, options: AutoModelOptions = {}): Promise<RunningModel> {
  const settings = readOptions("autoModel", AUTO_MODEL, options, EngineError);
  const { engine: wanted, threads = cores(), truncation: pull } = settings;
  if (parts.model !== undefined) return ready(parts, wanted, psiOf(pull));
  const obstacle = wanted === "tfjs" ? "tfjs was asked for" : await onnxObstacle(parts, wanted);
  if (wanted === "onnx" && obstacle !== null) throw new EngineError(`autoModel: ${obstacle}, so the engine can't be "onnx".`);
  const truncation = truncationOf(parts, pull);
  const { generator, regressor, embedder, judge } = parts;
  if (judge !== undefined && typeof judge?.features !== "function" && !isGraph(judge))
    throw new EngineError(`autoModel: expected a judge with features(images), got ${describeValue(judge)}.`);
  if (obstacle === null) {
    const networks = {
      ...{ generator: generator as OnnxExportable, regressor: regressor as OnnxExportable },
      ...(embedder && { embedder: embedder as OnnxExportable }),
      ...(judge && { judge: judge as OnnxExportable }),
    };
    const model = new WatchedModel(await onnxModel({ ...networks, ...truncation, ...(threads !== undefined && { threads }) }));
    // The number of threads changes no number, so it is no part of what a run is known by.
    const device = "ONNX Runtime on the processor";
    const reason = wanted === "onnx" ? "it was asked for" : "the fastest engine that is installed";
    return running(model, { name: "onnx", device, reason }, judge);
  }
  checkFunctions(parts, obstacle);
  const functions = {
    ...{ generator: generator as Generator, regressor: regressor as Regressor },
    ...(embedder && { embedder: embedder as Embedder }),
  };
  const model = new WatchedModel(tfjsModel({ ...functions, ...(judge && { judge: judge as Regressor }), ...truncation }));
  return running(model, { name: "tfjs", device: currentBackend().device, reason: obstacle }, judge);
}

/** A model that runs already: what runs it is its own. */
function ready({ model, name }: ReadyParts, wanted: EngineName, truncation: number): RunningModel {
  if (wanted !== "auto")
    throw new EngineError(`autoModel: expected engine "auto" for ${name}, a model that runs on its own, got "${wanted}".`);
  if (truncation !== 1)
    throw new EngineError(
      `autoModel: expected truncation 1 for ${name}, a model that runs on its own, got ${truncation}. Truncate within it.`,
    );
  return running(new WatchedModel(model), { name: "own", device: "the model's own", reason: "the model was ready" });
}

/** Whether a network is a graph and no tfjs function. */
function isGraph(network: { readonly [method in "synthesize" | "logits" | "embed" | "toOnnx"]?: unknown }): boolean {
  const { synthesize, logits, embed, toOnnx } = network;
  return typeof toOnnx === "function" && ![synthesize, logits, embed].some((method) => typeof method === "function");
}

/** Without ONNX Runtime all networks must be tfjs functions. */
function checkFunctions({ generator, regressor, judge, embedder }: NetworkParts, obstacle: string): void {
  const graphs = Object.entries({ generator, regressor, judge, embedder }).flatMap(([part, network]) =>
    network !== undefined && isGraph(network) ? [part] : [],
  );
  if (graphs.length === 0) return;
  throw new EngineError(
    `autoModel: expected ONNX Runtime for the ${graphs.join(" and the ")}, which ${graphs.length === 1 ? "is a graph" : "are graphs"} (.onnx) and no tfjs function, but ${obstacle}.`,
  );
}

function running(model: WatchedModel, engine: RunningModel["engine"], judge?: NetworkParts["judge"]): RunningModel {
  const features = model.features && (judge ? "judge" : "regressor");
  return { model, engine, judge: features ?? null, images: () => model.images, dispose: () => model.dispose() };
}

/** Why ONNX Runtime can't run these networks here, or shouldn't; null when it can. */
async function onnxObstacle(parts: NetworkParts, wanted: EngineName): Promise<string | null> {
  const networks = [parts.generator, parts.regressor, parts.judge, parts.embedder];
  if (networks.some((network) => network && typeof network.toOnnx !== "function"))
    return "the networks can't be written as ONNX graphs (they have no toOnnx())";
  const isGraphOnly = networks.some((network) => network && isGraph(network));
  if (!inNode) return wanted === "onnx" || isGraphOnly ? null : "in a browser it is faster than onnxruntime-web on one thread";
  return (await hasNativeRuntime()) ? null : "onnxruntime-node is not installed (npm install onnxruntime-node makes this faster)";
}

const inNode = typeof process !== "undefined" && process.versions?.node !== undefined;

/** Cores that this process may use, which a container may limit; undefined in browsers, where the runtime decides. */
function cores(): number | undefined {
  return inNode ? process.getBuiltinModule?.("node:os")?.availableParallelism() : undefined;
}

const psiOf = (truncation: TruncationSetting) => (typeof truncation === "number" ? truncation : truncation.psi);

function truncationOf(parts: ModelParts, truncation: TruncationSetting) {
  const psi = psiOf(truncation);
  if (psi === 1) return {};
  if (parts.meanLatent === undefined)
    throw new EngineError(`autoModel: expected truncation 1 for a model without meanLatent, got ${psi}.`);
  const rows = typeof truncation === "number" ? {} : { cutoff: truncation.cutoff };
  return { truncation: { psi, meanLatent: parts.meanLatent, ...rows } };
}

/** @throws EngineError for what is neither ψ nor ψ with a cutoff */
export function checkTruncation(caller: string, truncation: TruncationSetting): TruncationSetting {
  const isPair = typeof truncation === "object" && truncation !== null;
  if (isPair) return readOptions(`${caller}: truncation`, TRUNCATION, truncation, EngineError);
  return checkNumber(caller, "truncation", truncation, {}, EngineError);
}
