import { type DeclaredOptions, describeValue, type GivenOptions } from "@latentflow/core";
import { MetricsError } from "../errors.js";
import { checkSameLength, readOptions, toFinite, toIntegers } from "../input/checks.js";
import { randomIndex, SEED } from "../random.js";

/** One side of a measured Fréchet distance: edited pictures, or the generator's own. */
export interface ResampledRows {
  /** What each row shows: the number of its start, or of its code. Rows of one id are drawn together, in all measurements. */
  readonly ids: ArrayLike<number>;
  /** Class of the edited attribute in each row. */
  readonly classes: ArrayLike<number>;
  /** As `frechetDistance` gives them. */
  readonly influence: ArrayLike<number>;
}

/** A distance as the bootstrap sees it. */
export interface ResampledDistance {
  readonly distance: number;
  readonly edited: ResampledRows;
  /** Chosen to have the edited rows' classes in the same shares. */
  readonly own: ResampledRows;
}

const RESAMPLE = {
  /** Default 1000. */
  resamples: { default: 1000, min: 1, integer: true },
  seed: SEED,
} as const satisfies DeclaredOptions;

export interface ResampleOptions extends GivenOptions<typeof RESAMPLE> {}

interface CheckedRows {
  readonly ids: Int32Array;
  readonly classes: Int32Array;
  readonly influence: Float64Array;
}

/**
 * Bootstrap of Fréchet distances that were measured on the same starts: each resample draws the same starts and the same pictures of the generator's
 * own for all of them, and gives these the shares of classes that the drawn edits have, as the measurement did. Distances follow the weights to first
 * order (`influence`), so resamples scatter around the measured values instead of above them.
 *
 * @returns for each distance its `resamples` values, in the order of the resamples: their differences are paired
 */
export function resampleDistances(measured: readonly ResampledDistance[], options: ResampleOptions = {}): Float64Array[] {
  const { resamples, seed } = readOptions("resampleDistances", RESAMPLE, options);
  if (!Array.isArray(measured) || measured.length === 0) {
    const got = Array.isArray(measured) ? "none" : describeValue(measured);
    throw new MetricsError(`resampleDistances: expected a list of one measured distance or more, got ${got}.`);
  }
  const index = randomIndex(seed);
  const checked = (measured as readonly ResampledDistance[]).map(checkMeasured);
  const starts = drawer(
    checked.map(({ edited }) => edited),
    index,
  );
  const codes = drawer(
    checked.map(({ own }) => own),
    index,
  );
  const values = checked.map(() => new Float64Array(resamples));
  for (let r = 0; r < resamples; r++) {
    const [drawnStarts, drawnCodes] = [starts(), codes()];
    checked.forEach(({ distance, edited, own }, i) => {
      values[i]![r] = distance + change(edited, own, drawnStarts, drawnCodes);
    });
  }
  return values;
}

/** Draws as many ids as there are, with replacement; says how often each was drawn. */
function drawer(rows: readonly CheckedRows[], index: (below: number) => number): () => Float64Array {
  const all = [...new Set(rows.flatMap(({ ids }) => Array.from(ids)))];
  const counts = new Float64Array(all.reduce((most, id) => Math.max(most, id + 1), 0));
  return () => {
    counts.fill(0);
    for (let i = 0; i < all.length; i++) counts[all[index(all.length)]!]!++;
    return counts;
  };
}

/** Σ weight · influence over both sides. */
function change(edited: CheckedRows, own: CheckedRows, starts: Float64Array, codes: Float64Array): number {
  const shares = new Map<number, number>();
  let [total, sum] = [0, 0];
  edited.ids.forEach((id, i) => {
    const count = starts[id]!;
    if (count === 0) return;
    total += count;
    sum += count * edited.influence[i]!;
    shares.set(edited.classes[i]!, (shares.get(edited.classes[i]!) ?? 0) + count);
  });
  if (total === 0) return 0;
  const drawn = new Map<number, { count: number; sum: number; whole: number; rows: number }>();
  own.ids.forEach((id, i) => {
    const of = drawn.get(own.classes[i]!) ?? { count: 0, sum: 0, whole: 0, rows: 0 };
    of.count += codes[id]!;
    of.sum += codes[id]! * own.influence[i]!;
    of.whole += own.influence[i]!;
    of.rows++;
    drawn.set(own.classes[i]!, of);
  });
  let result = sum / total;
  for (const [label, count] of shares) {
    const of = drawn.get(label);
    // A class of which no picture was drawn stays as it was.
    if (of !== undefined) result += (count / total) * (of.count > 0 ? of.sum / of.count : of.whole / of.rows);
  }
  return result;
}

function checkMeasured(measured: ResampledDistance) {
  const { distance, edited, own } = (measured ?? {}) as ResampledDistance;
  if (typeof distance === "number" && Number.isFinite(distance))
    return { distance, edited: checkRows("edited", edited), own: checkRows("own", own) };
  const got = describeValue(measured);
  throw new MetricsError(`resampleDistances: expected measured distances { distance, edited, own }, got ${got}.`);
}

function checkRows(side: string, rows: ResampledRows): CheckedRows {
  const caller = "resampleDistances";
  if (typeof rows !== "object" || rows === null)
    throw new MetricsError(`${caller}: expected ${side} rows { ids, classes, influence }, got ${describeValue(rows)}.`);
  const ids = toIntegers(caller, `${side}.ids`, rows.ids, 0, 2 ** 31 - 1);
  const classes = toIntegers(caller, `${side}.classes`, rows.classes, 0, 2 ** 31 - 1);
  const influence = toFinite(caller, `${side}.influence`, rows.influence);
  checkSameLength(caller, `${side}.ids and classes`, ids.length, classes.length);
  checkSameLength(caller, `${side}.ids and influence`, ids.length, influence.length);
  return { ids, classes, influence };
}
