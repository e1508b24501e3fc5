import type { MethodId } from "./method-id.js";

/** What people said of two methods' edits at equal Control. */
export interface StudyResult {
  /** Hash of the study: which pictures, on which side, for whom. */
  readonly build: string;
  /** The two methods, by their ids; pairs of numbers below are in this order. */
  readonly methods: readonly [MethodId, MethodId];
  /** People whose answers were counted, of those that the study has numbers for. */
  readonly people: number;
  readonly booklets: number;
  /** Of all answers for one side, those for the left: a habit shows here. */
  readonly left: StudyShare;
  readonly attributes: readonly StudyAttributeResult[];
  /** Edits that nobody was asked about, and why. */
  readonly without: readonly { readonly attribute: string; readonly why: string }[];
  readonly questions: readonly StudyQuestionResult[];
  /** Singular entropy of the flow against the order of improvements; empty where there is none, or for fewer than 3 attributes. */
  readonly entropy: readonly StudyEntropy[];
}

export interface StudyAttributeResult {
  /** As `edit --attribute` calls it. */
  readonly attribute: string;
  readonly target: string;
  /** Share of the run's starts that both methods bring to the target where the pictures were taken. */
  readonly control: number;
  readonly lengths: readonly [number, number];
}

/** Q1: which has the better change of the attribute towards the target; Q2: which keeps more of the original. */
export interface StudyQuestionResult extends StudyCounts {
  readonly question: "Q1" | "Q2";
  /** Krippendorff's α, nominal, over methods and "none"; null where nothing was answered by two people, or nothing differs. */
  readonly agreement: number | null;
  /** Pictures that two people or more answered this about. */
  readonly agreementUnits: number;
  readonly byAttribute: readonly (StudyCounts & { readonly attribute: string })[];
}

export interface StudyCounts {
  readonly wins: readonly [number, number];
  readonly none: number;
  readonly responses: number;
  /** Share of all responses, "none" included. */
  readonly share: readonly [number, number];
  /** Share of the first method among decided answers; null without any. */
  readonly preference: number | null;
  /** Wilson's, 95 %. */
  readonly interval: readonly [number, number];
  /** Exact two-sided binomial test that decided answers split evenly. */
  readonly pValue: number;
}

export interface StudyShare {
  readonly count: number;
  readonly of: number;
  readonly interval: readonly [number, number];
  readonly pValue: number;
}

/** Spearman's rank correlation of the singular entropy with the improvement: wins of the flow minus those of the other, over responses. */
export interface StudyEntropy {
  readonly question: "Q1" | "Q2";
  readonly matrix: "W" | "W + I";
  /** Null where either side does not vary. */
  readonly rho: number | null;
  readonly pValue: number | null;
  readonly attributes: number;
}
