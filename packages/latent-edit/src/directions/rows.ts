import { checkNumber, type DeclaredOptions, describeValue, type GivenOptions, isList, readOptions } from "@latentflow/core";
import { concat, gather, reshape, slice, stack, type Tensor, type Tensor2D, tensor1d, tidy } from "@tensorflow/tfjs-core";
import { LatentEditError } from "../errors.js";
import { checkCodes } from "../input/checks.js";

/** Rows of a W+ code that an edit touches: from the first, up to but not including the last. [0, 6] are the first six. */
export type RowRange = readonly [from: number, to: number];

const LIST = { only: { is: isList<number>, expected: "a list of rows" } } as const satisfies DeclaredOptions;

/** Rows of a W+ code one by one, in any order: { only: [0, 2, 5] }. Not a plain array: [0, 6] is a range. */
export interface RowList extends GivenOptions<typeof LIST> {}

/** An option that chooses rows. Whether there are such rows is found out where their number is known. */
export const ROWS = {
  is: (value: unknown): value is RowRange | RowList =>
    Array.isArray(value) ? value.length === 2 : Array.isArray((value as RowList | null)?.only),
  expected: "a range [from, to] (from the first, up to but not including the last), or a list { only: [0, 2, 5] }",
} as const;

/** More rows than any generator has: a bound for rows of a file, before its generator is known. */
export const MOST_ROWS = 4096;

/** Neighbouring rows: the first of them, how many, and whether they move. */
interface RowSegment {
  readonly start: number;
  readonly size: number;
  readonly moves: boolean;
}

/**
 * Applies a function of rows to a W code, or to some rows of a W+ code; the others come back bit for bit.
 *
 * @param w [n, d] or [n, rowCount, d]
 * @param times how many results `f` gives for each row, as a first axis; undefined for one result without that axis
 * @param f rows [m, d] → [m, d], or [times, m, d]
 */
export function onRows(
  caller: string,
  w: Tensor,
  latentDim: number,
  chosen: RowRange | RowList | undefined,
  times: number | undefined,
  f: (rows: Tensor2D) => Tensor,
): Tensor {
  checkCodes(caller, w, latentDim);
  if (w.rank === 2) {
    if (chosen !== undefined) {
      throw new LatentEditError(
        `${caller}: expected a W+ code [n, rowCount, d] for the rows option, got [${w.shape.join(", ")}]; leave it out, and where the direction has rows of its own, repeat the code.`,
      );
    }
    return f(w as Tensor2D);
  }
  const [n, count, d] = w.shape as [number, number, number];
  const stretches = chosen === undefined ? [{ start: 0, size: count, moves: true }] : stretchesOf(caller, chosen, count);
  return tidy(() => {
    const part = ({ start, size }: RowSegment) => slice(w, [0, start, 0], [n, size, d]);
    const moving = stretches.filter(({ moves }) => moves);
    const size = moving.reduce((sum, stretch) => sum + stretch.size, 0);
    const axes = times === undefined ? [] : [times];
    const moved = reshape(f(reshape(joined(moving.map(part), 1), [n * size, d])), [...axes, n, size, d]);
    let done = 0;
    const parts = stretches.map((stretch) => {
      if (!stretch.moves) return times === undefined ? part(stretch) : stack(Array<Tensor>(times).fill(part(stretch)));
      const begin = [...axes.map(() => 0), 0, done, 0];
      done += stretch.size;
      return moving.length === 1 ? moved : slice(moved, begin, [...axes, n, stretch.size, d]);
    });
    return joined(parts, axes.length + 1);
  });
}

/** The rows of W+ codes that an edit moves, [n, moving, d]; all where none are chosen. W codes come back as they are. */
export function movingRows(caller: string, w: Tensor, chosen: RowRange | RowList | undefined): Tensor {
  if (w.rank === 2 || chosen === undefined) return w;
  return gather(w, tensor1d(rowsOf(caller, chosen, w.shape[1]!), "int32"), 1);
}

function joined(parts: Tensor[], axis: number): Tensor {
  return parts.length === 1 ? parts[0]! : concat(parts, axis);
}

/** All rows of a code in stretches, those that move apart from those that do not. */
function stretchesOf(caller: string, chosen: RowRange | RowList, count: number): RowSegment[] {
  const moves = Array<boolean>(count).fill(false);
  for (const row of rowsOf(caller, chosen, count)) moves[row] = true;
  const stretches: RowSegment[] = [];
  for (let start = 0; start < count; ) {
    let end = start + 1;
    while (end < count && moves[end] === moves[start]) end++;
    stretches.push({ start, size: end - start, moves: moves[start]! });
    start = end;
  }
  return stretches;
}

/** The chosen ones of `count` rows, one by one. Throws unless they are a range or a list of them. */
export function rowsOf(caller: string, chosen: unknown, count: number): number[] {
  if (Array.isArray(chosen) && chosen.length === 2) {
    const from = checkNumber(caller, "rows[0]", chosen[0], { min: 0, max: count - 1, integer: true }, LatentEditError);
    const to = checkNumber(caller, "rows[1]", chosen[1], { min: from + 1, max: count, integer: true }, LatentEditError);
    return Array.from({ length: to - from }, (_, i) => from + i);
  }
  if (!ROWS.is(chosen) || !("only" in chosen) || chosen.only.length === 0)
    throw new LatentEditError(`${caller}: expected rows to be ${ROWS.expected}, got ${describeValue(chosen)}.`);
  const { only } = readOptions(`${caller}: rows`, LIST, chosen, LatentEditError);
  const limits = { min: 0, max: count - 1, integer: true };
  const rows = only.map((row, i) => checkNumber(caller, `rows.only[${i}]`, row, limits, LatentEditError));
  return [...new Set(rows)].sort((a, b) => a - b);
}
