import type { ProbeResult } from "@latentflow/metrics";

/** What a method's paths look like: a value of each analysis that comes along, by its id. */
export interface AnalysisRecord {
  /** Of depth-1 flows: both readings of the matrix A. */
  readonly singularEntropy: readonly SingularEntropyRecord[] | null;
  /** Of depth-1 flows. */
  readonly eigenSpectrum: EigenSpectrumRecord | null;
  readonly straightness: StraightnessRecord;
  readonly flipHistogram: FlipHistogram;
}

export interface SingularEntropyRecord {
  readonly matrix: "W" | "W + I";
  /** In nats. */
  readonly entropy: number;
  readonly effectiveDimension: number;
  readonly k: number;
  readonly singularValues: readonly number[];
}

/** A = W, largest modulus first. */
export interface EigenSpectrumRecord {
  readonly matrix: "W";
  readonly real: readonly number[];
  readonly imaginary: readonly number[];
  /** Number of |μ| ≥ 0.1 max |μ|. */
  readonly fastDimension: number;
}

/** Chord over arc of the paths over [0, maxTime]: 1 is a straight line. */
export interface StraightnessRecord {
  readonly mean: number;
  readonly min: number;
  readonly values: readonly number[];
}

/** How far starts travel until the edited attribute first flips. */
export interface FlipHistogram {
  /** [bins + 1] */
  readonly edges: readonly number[];
  /** [bins] */
  readonly counts: readonly number[];
  readonly never: number;
  /** Median over those that flip. */
  readonly median: number | null;
}

/** Held-out accuracies of a linear and a nonlinear probe. */
export type Probes = ProbeResult;
