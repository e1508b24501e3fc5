import { describeValue } from "@latentflow/core";
import { MetricsError } from "../errors.js";

/** What one person said of one thing; null or undefined where they were not asked, or did not answer. */
export type Rating = string | number | null | undefined;

export interface Agreement {
  /** 1: all agree; 0: as chance would; below 0: less than that. NaN where nothing can be compared, or all ratings are one and the same. */
  readonly alpha: number;
  /** Things that two people or more rated: only they count. */
  readonly units: number;
  /** Ratings of those. */
  readonly ratings: number;
}

/**
 * Agreement between people: Krippendorff's α for nominal ratings (K. Krippendorff, *Computing Krippendorff's Alpha-Reliability*, 2011), one minus the
 * observed disagreement over that expected by chance. Any number of people, any of whom may have rated only some things.
 *
 * @param ratings one list a thing, each with the ratings that it got; which person gave which does not matter
 * @throws MetricsError for what is no list of lists of ratings, or holds none
 */
export function krippendorffAlpha(ratings: readonly (readonly Rating[])[]): Agreement {
  const units = readRatings(ratings);
  if (units.every(({ length }) => length === 0)) throw new MetricsError("krippendorffAlpha: expected ratings, got none.");
  const pairable = units.filter((unit) => unit.length > 1);
  const totals = new Map<string | number, number>();
  let observed = 0;
  let count = 0;
  for (const unit of pairable) {
    const inUnit = countsOf(unit);
    for (const [value, n] of inUnit) {
      totals.set(value, (totals.get(value) ?? 0) + n);
      // Ordered pairs of different values within the unit, each weighted so that a unit counts as many pairs as it has ratings.
      observed += (n * (unit.length - n)) / (unit.length - 1);
    }
    count += unit.length;
  }
  const expected = [...totals.values()].reduce((sum, n) => sum + n * (count - n), 0) / (count - 1);
  return { alpha: expected > 0 ? 1 - observed / expected : Number.NaN, units: pairable.length, ratings: count };
}

function readRatings(ratings: unknown): (string | number)[][] {
  const fail = (got: unknown) => {
    throw new MetricsError(
      `krippendorffAlpha: expected one list of ratings a thing, texts or numbers, got ${describeValue(got)}.`,
    );
  };
  if (!Array.isArray(ratings)) return fail(ratings);
  return ratings.map((unit: unknown) => {
    if (!Array.isArray(unit)) return fail(unit);
    return unit.filter((value: unknown): value is string | number => {
      if (value === null || value === undefined) return false;
      return typeof value === "string" || (typeof value === "number" && !Number.isNaN(value)) || fail(value);
    });
  });
}

function countsOf(values: readonly (string | number)[]): Map<string | number, number> {
  const counts = new Map<string | number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
