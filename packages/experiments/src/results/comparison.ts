import type { MethodId } from "./method-id.js";

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
