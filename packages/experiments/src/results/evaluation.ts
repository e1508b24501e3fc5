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
