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
