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
