import { autoModel, EngineError, type EngineName, type ModelParts, type RunningModel } from "@latentflow/engine";
import { sameFingerprint } from "@latentflow/latent-edit";
import type { ExperimentConfig } from "../config/types.js";
import { ConfigError, ExperimentsError } from "../errors.js";
import type { Experiment } from "../experiment/experiment.js";
import { codeShapeOf } from "../model/code-shape.js";
import { describeEnvironment } from "../model/environment.js";
import { loadParts } from "../model/load-parts.js";
import { SplitModel } from "../model/split-model.js";
import { startBackend } from "../model/start-backend.js";
import type { NetworkInfo } from "../results/index.js";
import type { Sample, StepContext } from "../steps/job.js";
import { readSample } from "../steps/sample/read-sample.js";
import { hashOfJson } from "../store/hash.js";
import type { RunFolder } from "../store/run-folder.js";

export interface SessionOptions {
  readonly config: ExperimentConfig;
  readonly folder: RunFolder;
  readonly engine: EngineName;
  /** tfjs backend of the trained half, where none runs yet; default: the fastest that starts. */
  readonly backend?: string | undefined;
  /** Threads of ONNX Runtime; default: one a core. */
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One thread's hold on an experiment: networks and codes, loaded when they are first needed and then kept. */
export class Session {
  private backend: Promise<void> | undefined;
  private loadedParts: Promise<ModelParts> | undefined;
  private loadedModel: Promise<RunningModel> | undefined;
  private loadedSample: Promise<Sample> | undefined;
  private sameness: Promise<void> | undefined;
  private images: () => number = () => 0;
  private threads: number | undefined;
  /** Images asked of the networks at once at most. */
  atOnce = Number.POSITIVE_INFINITY;
  /** Resident bytes of the process before the networks were loaded. */
  memoryBefore = 0;

  constructor(private readonly options: SessionOptions) {
    this.threads = options.threads;
  }

  /** Loads the networks and looks at them. */
  async discover(): Promise<NetworkInfo> {
    const { config } = this.options;
    const parts = await this.parts();
    const running = await this.start(parts);
    const environment = await describeEnvironment(config, parts, running);
    return { attributes: running.model.attributes, latentDim: running.model.latentDim, environment };
  }

  /** Starts the backend of the trained half, on which directions live; every job needs it. */
  ready(): Promise<void> {
    this.backend ??= startBackend(this.options.backend);
    return this.backend;
  }

  /** What jobs may use, once the networks are known. */
  context(experiment: Experiment): Omit<StepContext, "progress"> {
    const { folder, signal } = this.options;
    const { config, networks } = experiment;
    return {
      ...experiment,
      ...{ folder, signal },
      parts: () => this.parts(),
      model: async () => {
        const running = await this.start(await this.parts());
        this.sameness ??= this.checkSame(networks, running);
        await this.sameness;
        return running;
      },
      sample: () => {
        this.loadedSample ??= readSample(folder, config, networks.attributes, codeShapeOf(config, networks));
        this.loadedSample.catch(() => {
          this.loadedSample = undefined;
        });
        return this.loadedSample;
      },
    };
  }

  /** Images that jobs asked of the generator so far. */
  imageCount(): number {
    return this.images() - this.forChecks;
  }

  async dispose(): Promise<void> {
    (await this.loadedModel?.catch(() => undefined))?.dispose();
    (await this.loadedParts?.catch(() => undefined))?.dispose?.();
  }

  /** Gives the networks up; where they are needed again they are loaded again, on as many threads. */
  async release(threads?: number): Promise<void> {
    await this.dispose();
    this.loadedParts = undefined;
    this.loadedModel = undefined;
    this.threads = threads;
  }

  private parts(): Promise<ModelParts> {
    this.loadedParts ??= this.ready().then(() => {
      this.memoryBefore = process.memoryUsage.rss();
      return loadParts(this.options.config.model);
    });
    return this.loadedParts;
  }

  private start(parts: ModelParts): Promise<RunningModel> {
    this.loadedModel ??= this.startModel(parts);
    return this.loadedModel;
  }

  private async startModel(parts: ModelParts): Promise<RunningModel> {
    const { config, engine, signal } = this.options;
    const { threads } = this;
    const { truncation: psi, truncationCutoff: cutoff } = config;
    const truncation = cutoff === undefined ? psi : { psi, cutoff };
    const settings = { engine, truncation, ...(threads && { threads }) };
    const running = await autoModel(parts, settings).catch((cause: unknown) => {
      throw cause instanceof EngineError ? new ConfigError(cause.message, { cause }) : cause;
    });
    this.images = running.images;
    return { ...running, model: new SplitModel(running.model, () => this.atOnce, signal) };
  }

  private forChecks = 0;

  /** A run is one generator's, one regressor's and one engine's: results of two would be mixed unseen. */
  private async checkSame(networks: NetworkInfo, running: RunningModel): Promise<void> {
    const { engine, backend, generator, regressor, codes } = networks.environment;
    const before = running.images();
    const found = await describeEnvironment(this.options.config, await this.parts(), running);
    this.forChecks += running.images() - before;
    const { path } = this.options.folder;
    const refuse = (expected: string, got: string, advice = "Give another --out, or delete that folder.") => {
      throw new ExperimentsError(`run: expected the ${expected}, with which ${path} was begun, got ${got}. ${advice}`);
    };
    if (engine.name !== found.engine.name)
      refuse(`engine "${engine.name}"`, `"${found.engine.name}"`, `Give --engine ${engine.name}, or another --out.`);
    if (backend.name !== found.backend.name)
      refuse(`tfjs backend "${backend.name}"`, `"${found.backend.name}"`, "Start that one first, or give another --out.");
    if (!sameFingerprint(generator.fingerprint, found.generator.fingerprint)) refuse("generator", "one that makes other images");
    if (
      hashOfJson(networks.attributes) !== hashOfJson(running.model.attributes) ||
      !sameFingerprint(regressor.fingerprint, found.regressor.fingerprint)
    )
      refuse("regressor", "one that gives other answers");
    if (hashOfJson(codes?.fingerprint ?? null) !== hashOfJson(found.codes?.fingerprint ?? null))
      refuse("codes", `${found.codes?.about ?? "the generator's own"}, which are others`);
    // A run that was begun without a judge goes on without.
    const [begun, now] = [networks.environment.judge, found.judge];
    if (begun && (now?.network !== begun.network || !sameFingerprint(begun.fingerprint, now.fingerprint)))
      refuse(begun.network, now === undefined ? "networks without features" : "one that gives other features");
  }
}
