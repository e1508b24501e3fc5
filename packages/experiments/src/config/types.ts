import type { MethodId } from "../results/experiment-results.js";

/** An experiment, complete: what `resolveConfig` makes of what a user wrote. Plain JSON. */
export interface ExperimentConfig {
  /** Title of the report. */
  readonly name: string;
  /** Everything random follows from it. */
  readonly seed: number;
  readonly model: ModelChoice;
  /** Truncation ψ around the mean latent, after the edit; 1: none. Paper: 0.7. */
  readonly truncation: number;
  /** Edited attributes: starts are codes of class `from`, the edit goes to class `to`. "all": every one that the regressor knows. */
  readonly attributes: "all" | readonly AttributeEdit[];
  readonly methods: readonly MethodId[];
  readonly sample: SampleConfig;
  readonly fit: FitConfig;
  readonly train: TrainConfig;
  readonly evaluate: EvaluateConfig;
  readonly analyze: AnalyzeConfig;
  readonly pictures: PicturesConfig;
}

/** Generator and regressor: the bundled scenes, a module of the user's own, or files. */
export type ModelChoice =
  | { readonly kind: "scenes" /** Folder of other data files. */; readonly from: string | null }
  | { readonly kind: "module" /** Its default export is a `ModelSetup`. */; readonly path: string }
  | { readonly kind: "files"; readonly generator: string; readonly regressor: string; readonly attributes: readonly string[] };

export interface AttributeEdit {
  readonly name: string;
  readonly from: number;
  /** null: the last class. */
  readonly to: number | null;
}

export interface SampleConfig {
  /** Codes to fit, train and probe on. */
  readonly codes: number;
  /** Further codes, never trained on, for measuring. */
  readonly heldOut: number;
  /** Codes labelled in one job: what an interruption may cost, and what shards share out. */
  readonly chunk: number;
  /** Images at once. */
  readonly batchSize: number;
}

export interface FitConfig {
  /** InterFaceGAN: share of codes taken from each end of the scores, or a count above 1. */
  readonly ratio: number;
  readonly C: number;
  /** GANSpace, SeFa: components among which the attribute's is looked for. */
  readonly components: number;
}

export interface TrainConfig {
  readonly iterations: number;
  readonly batchSize: number;
  /** α: edits are trained up to this length. */
  readonly maxTime: number;
  readonly learningRate: number;
  /** What a trained constant's rate is, in units of `learningRate`: a constant turns slowly, since a flow has a matrix to turn its direction with. */
  readonly constantRate: number;
  readonly decayEvery: number;
  readonly decayFactor: number;
  /** τ */
  readonly temperature: number;
  /** λ */
  readonly preservation: number;
  /** Equal 3/8 steps over an edit; the paper takes one. */
  readonly solverSteps: number;
  /** Iterations between checkpoints. */
  readonly checkpointEvery: number;
}

export interface EvaluateConfig {
  /** At most this many held-out starts of class `from`. */
  readonly starts: number;
  /** Equally spaced edit lengths, 0 and `maxTime` included. */
  readonly times: number;
  readonly maxTime: number;
  readonly control: "target" | "changed";
  readonly resamples: number;
  readonly confidence: number;
  readonly batchSize: number;
}

export interface AnalyzeConfig {
  /** Codes for the probes (at most `sample.codes`). */
  readonly probeCodes: number;
  /** The nonlinear one: nearest neighbours, or a Gaussian-kernel SVM, which is slower and often better. */
  readonly probe: "neighbours" | "rbf-svm";
  /** Starts whose paths' straightness is measured. */
  readonly paths: number;
  /** Singular values that count for the entropy; null: all. */
  readonly k: number | null;
  /** Bins of the first flips' histogram at most; each holds a whole number of `evaluate.times`. */
  readonly bins: number;
}

export interface PicturesConfig {
  /** Starts shown; 0 leaves pictures out. */
  readonly samples: number;
  /** Edit lengths shown, equally spaced over [0, evaluate.maxTime]: a movie's frames, one way; strips show some of them. */
  readonly frames: number;
}

/** The same with everything optional: what a user writes. */
export interface ExperimentOptions {
  /** Settings to begin with (default "paper"); fields given beside it win. */
  readonly preset?: PresetName;
  readonly name?: string;
  readonly seed?: number;
  /** "scenes" (default), or where generator and regressor are. */
  readonly model?: "scenes" | ModelOptions;
  readonly truncation?: number;
  /** Names, or names with classes; default "all". */
  readonly attributes?: "all" | readonly (string | { readonly name: string; readonly from?: number; readonly to?: number })[];
  readonly methods?: readonly MethodId[];
  readonly sample?: Partial<SampleConfig>;
  readonly fit?: Partial<FitConfig>;
  readonly train?: Partial<TrainConfig>;
  readonly evaluate?: Partial<EvaluateConfig>;
  readonly analyze?: Partial<AnalyzeConfig>;
  readonly pictures?: Partial<PicturesConfig>;
}

export type ModelOptions =
  | { readonly kind: "scenes"; readonly from?: string }
  | { readonly kind: "module"; readonly path: string }
  | {
      readonly kind: "files";
      readonly generator: string;
      readonly regressor: string;
      readonly attributes: readonly string[];
    };

/** "paper": its settings, hours. "demo": minutes. "quick": under one. */
export type PresetName = "paper" | "demo" | "quick";
