/**
 * What an experiment ends in: `results.json` of the run folder, from which the report is made. Plain JSON: numbers that do not exist are null,
 * parts that are not done yet (a shard still runs, a step was left out) are null, too. Same seed, same backend: the same file, `timings` aside.
 */
import type { ProbeResult } from "@latentflow/metrics";
import type { ExperimentConfig } from "../config/types.js";
import type { MethodId } from "../methods/index.js";

export type { MethodId } from "../methods/index.js";

export interface ExperimentResults {
  readonly format: "latentflow-results";
  readonly version: 1;
  /** The complete configuration, defaults filled in. */
  readonly config: ExperimentConfig;
  readonly environment: Environment;
  /** In the configuration's order. */
  readonly attributes: readonly AttributeResult[];
  readonly sample: SampleRecord;
  /** Jobs that had no result when this was written, such as "train/object_shape/ode-1". Empty when complete. */
  readonly missing: readonly string[];
  /** The command that makes this again. */
  readonly rerun: string;
  readonly timings: readonly Timing[];
}

/** Where and with what an experiment ran. */
export interface Environment {
  readonly seed: number;
  /** Versions of latentflow, node, tfjs and, where it was used, onnxruntime-node; several where jobs were done with several. */
  readonly versions: Readonly<Record<string, string>>;
  /** "linux x64, 2 cores"; several where jobs were done on several. */
  readonly machine: string;
  /** What ran the frozen networks: "onnx" or "tfjs", on what, and why that one. */
  readonly engine: { readonly name: "onnx" | "tfjs"; readonly device: string; readonly reason: string };
  /** The tfjs backend of the trained half. */
  readonly backend: { readonly name: string; readonly device: string };
  readonly generator: GeneratorRecord;
  /** Logits of one fixed code's picture, all attributes in turn; tells one regressor from another. */
  readonly regressor: { readonly fingerprint: readonly number[] };
}

export interface GeneratorRecord {
  readonly name: string;
  readonly latentDim: number;
  readonly height: number;
  readonly width: number;
  /** Grey values of one fixed code's picture; tells one generator from another. */
  readonly fingerprint: readonly number[];
}

/** Seconds a job took, and the images it asked of the generator. */
export interface Timing {
  /** "sample", "train/object_shape/ode-1", … */
  readonly job: string;
  readonly seconds: number;
  readonly images: number;
  readonly imagesPerSecond: number | null;
}

/** The codes that everything is fitted, trained and probed on, and those held out for measuring. */
export interface SampleRecord {
  readonly codes: number;
  readonly heldOut: number;
  /** All attributes of the regressor, in its order. */
  readonly attributes: readonly {
    readonly name: string;
    readonly classes: number;
    /** Codes (not held out) predicted in each class. */
    readonly counts: readonly number[];
  }[];
  /** Cramér's V of every pair of attributes over the codes; null where one of them never varies. */
  readonly association: readonly (readonly (number | null)[])[];
}

/** Why something has no result, and never will with these settings. */
export interface NoResultRecord {
  /**
   * "no starts": too few codes show the class that the edit begins with. "no direction": a method finds none, as for an attribute that never varies.
   * "no analysis": the numbers allow none.
   */
  readonly why: "no starts" | "no direction" | "no analysis";
  /** In a sentence, with what to do. */
  readonly text: string;
}

/** All about one edited attribute. */
export interface AttributeResult {
  readonly name: string;
  /** Index among the regressor's attributes. */
  readonly index: number;
  readonly classes: number;
  /** Class that starts have, and class wanted. */
  readonly from: number;
  readonly to: number;
  /** Is the attribute linear in latent space? */
  readonly probes: Probes | null;
  /** Linear methods before nonlinear ones, in the configuration's order. */
  readonly methods: readonly MethodResult[];
  /** Methods against each other; null until all are measured. */
  readonly comparison: Comparison | null;
  /** Pictures that show several methods. */
  readonly pictures: readonly PictureRecord[];
}

/** All about one method for one attribute. */
export interface MethodResult {
  readonly id: MethodId;
  /** For people: "InterFaceGAN", "Neural ODE, depth 1". */
  readonly label: string;
  /** A straight line, or a flow. */
  readonly kind: "linear" | "nonlinear";
  /** Of fitted methods. */
  readonly fit: FitRecord | null;
  /** Of trained methods. */
  readonly training: TrainingRecord | null;
  readonly evaluation: Evaluation | null;
  readonly analysis: Analysis | null;
  readonly pictures: readonly PictureRecord[];
  /** Why there is no measurement and never will be one with these settings; null while there is one, or may be one. Results of version 0.1.0 lack it. */
  readonly none?: NoResultRecord | null;
}

/** How a direction was found without training. */
export interface FitRecord {
  /** InterFaceGAN: share of codes on the right side of the hyperplane. */
  readonly accuracy: { readonly train: number | null; readonly validation: number | null; readonly rest: number | null } | null;
  /** Projected: what was left of the unit direction, and the rank of what it was freed from. */
  readonly projection: { readonly residual: number; readonly rank: number; readonly conditions: readonly string[] } | null;
  /** GANSpace, SeFa: which component was taken, and its correlation with the attribute's score. */
  readonly component: { readonly index: number; readonly correlation: number } | null;
}

/** How a direction was trained. */
export interface TrainingRecord {
  readonly iterations: number;
  readonly parameters: number;
  /** At most 200 points: means over equal stretches of iterations. */
  readonly curve: {
    readonly iteration: readonly number[];
    readonly total: readonly number[];
    readonly attribute: readonly number[];
    readonly preservation: readonly number[];
    readonly accuracy: readonly number[];
  };
  /** Distance between the end of the trained solver's path and the converged flow's, at the largest time. */
  readonly solverGap: { readonly t: number; readonly mean: number; readonly max: number };
}

/** Measured on held-out codes that start in class `from`. Arrays go with `times`. */
export interface Evaluation {
  readonly samples: number;
  readonly times: readonly number[];
  /** C(t), higher is better. */
  readonly control: readonly number[];
  /** D(t), lower is better. */
  readonly disentanglement: readonly number[];
  readonly definition: "target" | "changed";
  /** Bootstrap bands, pointwise in time. */
  readonly bands: { readonly confidence: number; readonly control: Band; readonly disentanglement: Band };
  /** D(t) by other attribute, in the regressor's order; null for the edited one. */
  readonly perAttribute: readonly (readonly number[] | null)[];
  readonly maxControl: number;
  /** Edit length at which half of the starts have arrived; null when they never do. */
  readonly lengthForHalf: number | null;
}

export interface Band {
  readonly lower: readonly number[];
  readonly upper: readonly number[];
}

/** The least Control with which a method takes part in comparisons at equal Control. */
export const LEAST_CONTROL = 0.05;

/** Areas under the CD curves over the Control range that all methods share, and paired tests on the same starts. */
export interface Comparison {
  readonly confidence: number;
  /** Control range that all methods share which reach a Control of 0.05; empty (equal ends) when they share none: then see `paired`. */
  readonly range: readonly [number, number];
  readonly areas: readonly {
    readonly method: MethodId;
    /** ∫ D dC over the range; lower is better. Null for a method that does not reach a Control of 0.05. */
    readonly area: number | null;
    readonly interval: readonly [number, number] | null;
    /** Area over the range's width: mean D at equal Control. Null for an empty range, or without an area. */
    readonly meanDisentanglement: number | null;
    readonly maxControl: number;
  }[];
  /** Every pair. */
  readonly paired: readonly PairedTest[];
}

/** Method `a` minus method `b`, each pair over its own common range. */
export interface PairedTest {
  readonly a: MethodId;
  readonly b: MethodId;
  /** Mean D at equal Control; below 0, a disentangles better. Null when the two share no Control range, or one stays below {@link LEAST_CONTROL}. */
  readonly difference: number | null;
  readonly interval: readonly [number, number] | null;
  readonly pValue: number | null;
  /** Largest Control; above 0, a reaches more starts. */
  readonly controlDifference: number;
  readonly controlInterval: readonly [number, number];
  readonly undefinedResamples: number;
}

/** What a method's path looks like. */
export interface Analysis {
  /** Of depth-1 flows: both readings of the matrix A. */
  readonly singularEntropy: readonly SingularEntropyRecord[] | null;
  /** Of depth-1 flows, A = W, largest modulus first. */
  readonly eigenSpectrum: {
    readonly matrix: "W";
    readonly real: readonly number[];
    readonly imaginary: readonly number[];
    /** Number of |μ| ≥ 0.1 max |μ|. */
    readonly fastDimension: number;
  } | null;
  /** Chord over arc of the paths over [0, maxTime]: 1 is a straight line. */
  readonly straightness: { readonly mean: number; readonly min: number; readonly values: readonly number[] };
  /** How far starts travel until the edited attribute first flips. */
  readonly flipHistogram: {
    /** [bins + 1] */
    readonly edges: readonly number[];
    /** [bins] */
    readonly counts: readonly number[];
    readonly never: number;
    /** Median over those that flip. */
    readonly median: number | null;
  };
}

export interface SingularEntropyRecord {
  readonly matrix: "W" | "W + I";
  /** In nats. */
  readonly entropy: number;
  readonly effectiveDimension: number;
  readonly k: number;
  readonly singularValues: readonly number[];
}

/** Held-out accuracies of a linear and a nonlinear probe. */
export type Probes = ProbeResult;

/** One file of pictures. */
export interface PictureRecord {
  readonly kind: "strip" | "grid" | "gif" | "mp4";
  /** Relative to the run folder, with "/". */
  readonly file: string;
  readonly width: number;
  readonly height: number;
  /** Methods shown, from top to bottom. */
  readonly methods: readonly MethodId[];
  /** Edit lengths shown, from left to right or one after the other. */
  readonly times: readonly number[];
  /** What is to be seen, in words. */
  readonly alt: string;
}

/** Frames of one method's edits, from which pictures are made: data[((sample · times + time) · height + y) · width + x) · 3 + channel], 8-bit RGB. */
export interface EditFrames {
  readonly method: MethodId;
  readonly label: string;
  readonly attribute: string;
  readonly times: readonly number[];
  readonly samples: number;
  readonly height: number;
  readonly width: number;
  readonly data: Uint8Array;
}

/**
 * `src/pictures`: writes strips, GIF and MP4 (ping-pong) of one method into `folder`, which exists and is this call's alone.
 * `file` in the answer is relative to that folder; the pipeline puts the folder's own path before it.
 */
export type WriteMethodPictures = (frames: EditFrames, folder: string, signal?: AbortSignal) => Promise<PictureRecord[]>;

/** `src/pictures`: pictures of several methods for one attribute, linear above nonlinear, same starts. */
export type WriteComparisonPictures = (
  methods: readonly EditFrames[],
  folder: string,
  signal?: AbortSignal,
) => Promise<PictureRecord[]>;

/** `src/report`: writes report.html (self-contained) and its CSV files beside results.json into the run folder; gives the report's path. */
export type WriteReport = (results: ExperimentResults, runFolder: string) => Promise<string>;
