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
    /** Of a method with several trainings, over which all these are means: the numbers of each, in their order. */
    readonly seeds?: SeedNumbers;
    /** At the largest of the Controls looked at that all methods reach which move; null where there is none. Absent where nobody looked. */
    readonly realism?: ComparedRealism | null;
  }[];
  /** Every pair. */
  readonly paired: readonly PairedTest[];
}

/** One number a training. */
export interface SeedNumbers {
  readonly seeds: readonly number[];
  readonly maxControl: readonly number[];
  readonly meanDisentanglement: readonly (number | null)[];
}

/** Means over a method's trainings. */
export interface ComparedRealism {
  readonly control: number;
  readonly distance: number | null;
  readonly interval: readonly [number, number] | null;
  readonly outside: number;
  readonly outsideInterval: readonly [number, number];
}

/** Method `a` minus `b` at the largest of the Controls looked at that both reach. */
export interface PairedRealism {
  readonly control: number;
  /** Of the Fréchet distances; below 0, a's pictures are nearer to the generator's own. */
  readonly distance: number | null;
  readonly interval: readonly [number, number] | null;
  /** Of the shares of codes outside the region of 99 % of all codes. */
  readonly outside: number;
  readonly outsideInterval: readonly [number, number];
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
  /** Null where the two share no such Control. Absent where nobody looked. */
  readonly realism?: PairedRealism | null;
}
