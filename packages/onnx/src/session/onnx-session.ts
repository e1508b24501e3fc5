import { checkChoice, type DeclaredOptions, describeValue, type GivenOptions, readOptions } from "@latentflow/core";
import type { InferenceSession } from "onnxruntime-node";
import { OnnxError } from "../errors.js";
import { checkModel, checkTensor, isText } from "../graph/check.js";
import type { DataType, TensorData } from "../graph/data-types.js";
import type { OnnxModel, OnnxTensor } from "../graph/model.js";
import { writeFreeable, writeOnnx } from "../io/write.js";
import { loadRuntime, PROVIDERS, type Provider, type Runtime, type RuntimeName } from "./runtime.js";
import { acquireSession, contentKey, releaseSession } from "./session-cache.js";

export const SESSION = {
  /** Tried in this order for each op. Default ["cpu"] in Node, ["wasm"] in browsers. */
  providers: { default: [], check: checkProviders },
  /** Threads within an op. Default: the runtime's choice, one a core. */
  threads: { optional: true, min: 1, integer: true },
  /** Default "auto": onnxruntime-node in Node, onnxruntime-web in browsers and for the provider "wasm". */
  runtime: { default: "auto", choices: ["auto", "onnxruntime-node", "onnxruntime-web"] },
  /** Writes ONNX Runtime's profile of every op to files with this prefix; `endProfiling` finishes one. Default none. */
  profile: { optional: true, is: isText, expected: "a text" },
} as const satisfies DeclaredOptions;

/** Options of `OnnxSession.create`. */
export interface OnnxSessionOptions extends GivenOptions<typeof SESSION> {}

/**
 * A model on ONNX Runtime. Sessions of the same content and options share the runtime's session; `dispose` gives it back. Runs are queued: two
 * at once would only compete for the same cores.
 */
export class OnnxSession {
  private queue: Promise<unknown> = Promise.resolve();
  private disposed = false;

  private constructor(
    private readonly runtime: Runtime,
    private readonly session: InferenceSession,
    private readonly key: string,
    /** Which package runs it. */
    readonly runtimeName: RuntimeName,
    /** Milliseconds that making the session took; 0 when there was one of the same content. */
    readonly creationTime: number,
  ) {}

  /** @throws OnnxError when the runtime is missing, a provider can't be used, or the runtime refuses the model */
  static async create(model: OnnxModel | Uint8Array, options: OnnxSessionOptions = {}): Promise<OnnxSession> {
    const { providers, threads, runtime: wanted, profile } = readOptions("OnnxSession.create", SESSION, options, OnnxError);
    if (!(model instanceof Uint8Array)) checkModel("OnnxSession.create", model, "the bytes of an .onnx file, or a model");
    const { name, runtime } = await loadRuntime(wanted, providers);
    const { bytes, free } = bytesFor(name, model);
    const executionProviders = providers.length > 0 ? providers : name === "onnxruntime-node" ? ["cpu"] : ["wasm"];
    if (name === "onnxruntime-web" && threads !== undefined) runtime.env.wasm.numThreads = threads;
    const key = await contentKey(bytes, JSON.stringify({ name, executionProviders, threads, profile }));
    const start = performance.now();
    const create = () =>
      runtime.InferenceSession.create(bytes, {
        executionProviders,
        graphOptimizationLevel: "all",
        logSeverityLevel: 3,
        // A pattern is planned beside the memory that the first run took, and as large; it measured no faster.
        ...(name === "onnxruntime-node" && { enableMemPattern: false }),
        ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
        ...(profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: profile }),
      });
    try {
      const { session, cached } = await acquireSession(key, create);
      return new OnnxSession(runtime, session, key, name, cached ? 0 : performance.now() - start);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new OnnxError(`OnnxSession.create: ${name} with ${executionProviders.join(", ")} refused the model: ${reason}`, {
        cause,
      });
    } finally {
      free();
    }
  }

  get inputs(): readonly string[] {
    return this.session.inputNames;
  }

  get outputs(): readonly string[] {
    return this.session.outputNames;
  }

  /**
   * Runs the model once.
   *
   * @param feeds every input by name
   * @param fetches outputs wanted. Default all.
   * @throws OnnxError for inputs that are missing or no constants, outputs that the model has not, a disposed session, or what the runtime says
   */
  run(
    feeds: Readonly<Record<string, OnnxTensor>>,
    fetches: readonly string[] = this.outputs,
  ): Promise<Record<string, OnnxTensor>> {
    if (this.disposed)
      return Promise.reject(new OnnxError("OnnxSession.run: expected a session in use, got one that was disposed."));
    const result = this.queue.then(() => this.runNow(feeds, fetches));
    this.queue = result.catch(() => undefined);
    return result;
  }

  /** Ends the profile that the option `profile` asked for. */
  endProfiling(): void {
    if (this.disposed) throw new OnnxError("OnnxSession.endProfiling: expected a session in use, got one that was disposed.");
    this.session.endProfiling();
  }

  /** Gives the runtime's session back, after the runs that are under way. */
  async dispose(): Promise<void> {
    if (this.disposed) return;
    this.disposed = true;
    await this.queue;
    await releaseSession(this.key);
  }

  private async runNow(
    feeds: Readonly<Record<string, OnnxTensor>>,
    fetches: readonly string[],
  ): Promise<Record<string, OnnxTensor>> {
    const given = new Map(Object.entries(feeds ?? {}));
    const missing = this.inputs.filter((name) => given.get(name) === undefined);
    if (missing.length > 0) {
      throw new OnnxError(`OnnxSession.run: expected inputs ${this.inputs.join(", ")}, got none for ${missing.join(", ")}.`);
    }
    for (const name of this.inputs) checkTensor(`OnnxSession.run, "${name}"`, given.get(name));
    if (!Array.isArray(fetches) || !fetches.every((name) => this.outputs.includes(name)))
      throw new OnnxError(
        `OnnxSession.run: expected outputs among ${this.outputs.join(", ")}, got ${Array.isArray(fetches) ? fetches.map(String).join(", ") : describeValue(fetches)}.`,
      );
    try {
      const tensors = Object.fromEntries(this.inputs.map((name) => [name, this.toRuntime(given.get(name)!)]));
      const results = await this.session.run(tensors, fetches);
      return Object.fromEntries(
        Object.entries(results).map(([name, { type, dims, data }]) => [
          name,
          { type: type as DataType, dims: [...dims], data: asStored(type, data as TensorData) },
        ]),
      );
    } catch (cause) {
      throw new OnnxError(
        `OnnxSession.run: ${this.runtimeName} failed: ${cause instanceof Error ? cause.message : String(cause)}`,
        { cause },
      );
    }
  }

  private toRuntime({ type, data, dims }: OnnxTensor) {
    return new this.runtime.Tensor(type, data as never, dims);
  }
}

/** A file's bytes stay its owner's; those of a graph are given back as soon as the runtime has read them. */
function bytesFor(name: RuntimeName, model: OnnxModel | Uint8Array): { readonly bytes: Uint8Array; readonly free: () => void } {
  if (model instanceof Uint8Array) return { bytes: model, free: () => {} };
  return name === "onnxruntime-node" ? writeFreeable(model) : { bytes: writeOnnx(model), free: () => {} };
}

/** Half-precision numbers as their bits, also where the runtime gives a Float16Array, which newer engines have. */
function asStored(type: string, data: TensorData): TensorData {
  return type === "float16" ? new Uint16Array(data.buffer, data.byteOffset, data.length) : data;
}

function checkProviders(caller: string, providers: readonly Provider[]): readonly Provider[] {
  if (!Array.isArray(providers))
    throw new OnnxError(`${caller}: expected providers to be a list, got ${describeValue(providers)}.`);
  return providers.map((provider) => checkChoice(caller, "providers", provider, PROVIDERS, OnnxError));
}
