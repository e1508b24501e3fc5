/** Whether edited pictures still look like the generator's own, in the features of a network: a judge's, or the regressor's where there is none. */
export interface Realism {
  /** At some Controls that methods are compared at, {@link REALISM_LEVELS}, as far as this one gets. */
  readonly levels: readonly RealismAt[];
  /** Where the method's Control is largest; null where it does not reach a Control of 0.05. */
  readonly largest: RealismAtLargest | null;
}

/** Edited pictures at one edit length. Intervals are of bootstraps over the starts and the generator's own pictures. */
export interface RealismAt {
  readonly control: number;
  /** Edit length. */
  readonly t: number;
  /** Pictures on either side: as many as starts, fewer where the sample has too few of a class. */
  readonly pictures: number;
  /**
   * Fréchet distance (its square) to as many of the generator's own pictures, with the same shares of the edited attribute's classes: lower is better.
   * Null where the sample has hardly pictures of these classes.
   */
  readonly distance: number | null;
  readonly interval: readonly [number, number] | null;
  /** Share of edits whose code lies outside the region of 99 % of all codes. */
  readonly outside: number;
  readonly outsideInterval: readonly [number, number];
}

export interface RealismAtLargest extends RealismAt {
  /** The same pictures before the edit: their distance to the same own ones. */
  readonly starts: number | null;
  /** Distance after the edit minus that before: above 0, edited pictures are further from the generator's own than if nothing had been done. */
  readonly change: readonly [number, number] | null;
}

/** Controls at which methods are compared that both reach. */
export const REALISM_LEVELS: readonly number[] = [0.2, 0.4, 0.6, 0.8];
