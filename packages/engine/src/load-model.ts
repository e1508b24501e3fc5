import { type BackendName, currentBackend, useBackend } from "@latentflow/backend";
import {
  type AttributeModel,
  type CustomLoss,
  checkNumber,
  type DeclaredOptions,
  describeValue,
  type GivenOptions,
  isTensor,
  type LossRequest,
  readOptions,
} from "@latentflow/core";
import { type Codes, LatentEditError, toCodes } from "@latentflow/latent-edit";
import { getBackend, type Tensor, type Tensor2D, type Tensor4D, tensor } from "@tensorflow/tfjs-core";
import { AUTO_MODEL, autoModel, checkTruncation, type TruncationSetting } from "./auto-model.js";
import { EngineError } from "./errors.js";
import { BUNDLED, BUNDLED_OPTIONS, type BundledName, isBundled, loadBundled } from "./networks/bundled.js";
import { type NetworkFiles, readNetworks } from "./networks/read-networks.js";
import type { EngineInfo, ModelParts, RunningModel } from "./parts.js";

/** Bundled networks by name, files of one's own, or networks already made. */
export type ModelSource = BundledName | (NetworkFiles & { readonly truncation?: TruncationSetting }) | ModelParts;

// `from` is of bundled networks alone.
const LOAD_MODEL = { ...AUTO_MODEL, ...BUNDLED_OPTIONS } as const satisfies DeclaredOptions;

/** Options of `loadModel`. */
export interface LoadModelOptions extends GivenOptions<typeof LOAD_MODEL> {}

const SAMPLE = {
  /** Default 0. */
  seed: { default: 0, min: 0, integer: true },
} as const satisfies DeclaredOptions;

/**
 * A generator and its regressor, ready to sample, to edit and to train with. Codes are tensors or plain numbers, in every form that `edit` takes; answers are
 * tensors, which the caller disposes. `dispose` frees the networks, too.
 */
export interface LoadedModel extends AttributeModel {
  /** For people, such as "StyleGAN2, 64 px". */
  readonly name: string;
  readonly engine: EngineInfo;
  /** The networks themselves; they belong to the model. */
  readonly parts: ModelParts;
  synthesize(w: Codes): Promise<Tensor4D>;
  logits(w: Codes): Promise<Tensor2D[]>;
  readonly features?: (w: Codes) => Promise<Tensor2D>;
  readonly embed?: (w: Codes) => Promise<Tensor2D>;
  /**
   * Codes w, [count, latentDim]; the same for the same seed (default 0). Of a file of W+ codes they are [count, rowCount, latentDim]:
   * `model.sample<Tensor3D>(4)`. The caller disposes them.
   */
  sample<W extends Tensor = Tensor2D>(count: number, options?: GivenOptions<typeof SAMPLE>): Promise<W>;
}

/**
 * From networks to a model on the fastest engine here: ONNX Runtime where onnxruntime-node is installed, else tfjs on the fastest backend, which is
 * started if none runs. In Node and in browsers.
 *
 * @param source `"tabletop"`, files `{ generator, regressor, attributes? }`, or `ModelParts`
 * @throws EngineError for what is not there, can't be read, or can't run here
 */
export async function loadModel(source: ModelSource, options: LoadModelOptions = {}): Promise<LoadedModel> {
  readOptions("loadModel", LOAD_MODEL, options, EngineError);
  const { from, ...running } = options;
  if (from !== undefined && typeof source !== "string")
    throw new EngineError("loadModel: expected no `from` beside networks of one's own: it says where bundled files are served.");
  await ensureBackend();
  const { parts, truncation } = await partsOf(source, from);
  try {
    return new LoadedNetworks(parts, await autoModel(parts, { ...running, truncation: running.truncation ?? truncation }));
  } catch (error) {
    parts.dispose?.();
    throw error;
  }
}

/** Starts the fastest backend where none runs, and ours of the same name where the page chose one through tfjs. */
async function ensureBackend(): Promise<void> {
  try {
    currentBackend();
  } catch {
    await useBackend((getBackend() as BackendName | "") || "auto");
  }
}

async function partsOf(
  source: ModelSource,
  from: URL | string | undefined,
): Promise<{ parts: ModelParts; truncation?: TruncationSetting }> {
  if (typeof source === "string") {
    if (!isBundled(source)) throw wrongSource(source);
    return { parts: await loadBundled(source, from === undefined ? {} : { from }) };
  }
  if (typeof source !== "object" || source === null || Array.isArray(source)) throw wrongSource(source);
  if (isParts(source)) return { parts: source };
  const { truncation, ...files } = source as NetworkFiles & { readonly truncation?: TruncationSetting };
  if (truncation !== undefined) checkTruncation("loadModel", truncation);
  return { parts: await readNetworks(files), ...(truncation !== undefined && { truncation }) };
}

function isParts(source: object): source is ModelParts {
  return "sampleCodes" in source && typeof source.sampleCodes === "function";
}

function wrongSource(source: unknown): EngineError {
  const names = BUNDLED.map((name) => JSON.stringify(name)).join(", ");
  return new EngineError(
    `loadModel: expected ${names}, files { generator, regressor } or networks { name, generator, regressor, sampleCodes }, got ${describeValue(source)}.`,
  );
}

class LoadedNetworks implements LoadedModel {
  readonly name: string;
  readonly latentDim: number;
  readonly rowCount?: number;
  readonly engine: EngineInfo;
  readonly features?: (w: Codes) => Promise<Tensor2D>;
  readonly embed?: (w: Codes) => Promise<Tensor2D>;
  private disposed = false;

  constructor(
    readonly parts: ModelParts,
    private readonly running: RunningModel,
  ) {
    const { model } = running;
    this.name = parts.name;
    this.engine = running.engine;
    this.latentDim = model.latentDim;
    if (model.rowCount !== undefined) this.rowCount = model.rowCount;
    if (model.features !== undefined)
      this.features = (w) => this.ask("features", w, (alive, codes) => (alive as Required<AttributeModel>).features(codes));
    if (model.embed !== undefined)
      this.embed = (w) => this.ask("embed", w, (alive, codes) => (alive as Required<AttributeModel>).embed(codes));
  }

  get attributes() {
    return this.running.model.attributes;
  }

  async sample<W extends Tensor = Tensor2D>(count: number, options: GivenOptions<typeof SAMPLE> = {}): Promise<W> {
    this.checkAlive("sample");
    checkNumber("sample", "count", count, { min: 1, integer: true }, EngineError);
    const { seed } = readOptions("sample", SAMPLE, options, EngineError);
    const { sampleCodes, codes } = this.parts;
    const each = codes?.rowCount === undefined ? [this.latentDim] : [codes.rowCount, this.latentDim];
    return tensor(await sampleCodes.call(this.parts, count, seed), [count, ...each]) as Tensor as W;
  }

  synthesize(w: Codes) {
    return this.ask("synthesize", w, (alive, codes) => alive.synthesize(codes));
  }

  logits(w: Codes) {
    return this.ask("logits", w, (alive, codes) => alive.logits(codes));
  }

  async lossAndGradient(w: Tensor, loss: LossRequest | CustomLoss) {
    return this.alive("lossAndGradient").lossAndGradient(w, loss);
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.running.dispose();
    this.parts.dispose?.();
  }

  /** A tensor goes to the model as it is; plain numbers become one, which lives as long as the question. */
  private async ask<T>(caller: string, w: Codes, question: (alive: AttributeModel, codes: Tensor) => Promise<T>): Promise<T> {
    const alive = this.alive(caller);
    if (isTensor(w)) return question(alive, w);
    const codes = tensorOf(caller, w, this.latentDim);
    return question(alive, codes).finally(() => codes.dispose());
  }

  private alive(caller: string): AttributeModel {
    this.checkAlive(caller);
    return this.running.model;
  }

  private checkAlive(caller: string): void {
    if (this.disposed) throw new EngineError(`${caller}: expected a model in use, got one that was disposed. Load it again.`);
  }
}

function tensorOf(caller: string, codes: Codes, latentDim: number): Tensor {
  try {
    return toCodes(caller, codes, latentDim);
  } catch (error) {
    if (error instanceof LatentEditError) throw new EngineError(error.message, { cause: error });
    throw error;
  }
}
