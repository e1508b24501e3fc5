/** How a direction was found without training. */
export interface FitRecord {
  /** InterFaceGAN: share of codes on the right side of the hyperplane. */
  readonly accuracy: { readonly train: number | null; readonly validation: number | null; readonly rest: number | null } | null;
  /** Projected: what was left of the unit direction, and the rank of what it was freed from. */
  readonly projection: { readonly residual: number; readonly rank: number; readonly conditions: readonly string[] } | null;
  /** GANSpace, SeFa: which component was taken, and its correlation with the attribute's score. */
  readonly component: { readonly index: number; readonly correlation: number } | null;
  /** Methods from outside: how it went, in a sentence. */
  readonly note?: string;
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
  /** Which of several candidates, and which of their snapshots; absent where one was trained to its end. */
  readonly chosen?: {
    /** "candidate-1" for the first of `train.candidates`. */
    readonly candidate: string;
    readonly iteration: number;
    /** Starts that all were measured on, none of them trained on or held out. */
    readonly starts: number;
    /** `score`: the area above the CD curve, up to the largest Control. */
    readonly snapshots: readonly {
      readonly candidate: string;
      readonly iteration: number;
      readonly score: number;
      readonly maxControl: number;
    }[];
  };
  /** Distance between the end of the trained solver's path and the converged flow's, at the largest time; null where nobody looked. */
  readonly solverGap: { readonly t: number; readonly mean: number; readonly max: number } | null;
}
