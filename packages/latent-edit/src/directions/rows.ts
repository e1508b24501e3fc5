import { checkNumber, checkOptions, describeValue } from "@latentflow/core";
import { concat, reshape, slice, stack, type Tensor, type Tensor2D, tidy } from "@tensorflow/tfjs-core";
import { LatentEditError } from "../errors.js";
import { checkCodes } from "../input/checks.js";

/** Rows of a W+ code that an edit touches: from the first, up to but not including the last. [0, 6] are the first six. */
export type LayerRange = readonly [from: number, to: number];

/** Rows of a W+ code one by one, in any order. Not a plain array: [0, 6] is a range. */
export interface LayerList {
  readonly rows: readonly number[];
}

/** Neighbouring rows: the first of them, how many, and whether they move. */
interface Stretch {
  readonly start: number;
  readonly size: number;
  readonly moves: boolean;
}

/**
 * Applies a function of rows to a W code, or to some rows of a W+ code; the others come back bit for bit.
 *
 * @param w [n, d] or [n, layers, d]
 * @param times how many results `f` gives for each row, as a first axis; undefined for one result without that axis
 * @param f rows [m, d] → [m, d], or [times, m, d]
 */
export function onRows(
  caller: string,
  w: Tensor,
  latentDim: number,
  layers: LayerRange | LayerList | undefined,
  times: number | undefined,
  f: (rows: Tensor2D) => Tensor,
): Tensor {
  checkCodes(caller, w, latentDim);
  if (w.rank === 2) {
    if (layers !== undefined) {
      throw new LatentEditError(
        `${caller}: expected a W+ code [n, layers, d] for the layers option, got [${w.shape.join(", ")}]; leave it out.`,
      );
    }
    return f(w as Tensor2D);
  }
  const [n, count, d] = w.shape as [number, number, number];
  const stretches = layers === undefined ? [{ start: 0, size: count, moves: true }] : stretchesOf(caller, layers, count);
  return tidy(() => {
    const part = ({ start, size }: Stretch) => slice(w, [0, start, 0], [n, size, d]);
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

function joined(parts: Tensor[], axis: number): Tensor {
  return parts.length === 1 ? parts[0]! : concat(parts, axis);
}

/** All rows of a code in stretches, those that move apart from those that do not. */
function stretchesOf(caller: string, layers: LayerRange | LayerList, count: number): Stretch[] {
  const moves = Array<boolean>(count).fill(false);
  for (const row of rowsOf(caller, layers, count)) moves[row] = true;
  const stretches: Stretch[] = [];
  for (let start = 0; start < count; ) {
    let end = start + 1;
    while (end < count && moves[end] === moves[start]) end++;
    stretches.push({ start, size: end - start, moves: moves[start]! });
    start = end;
  }
  return stretches;
}

function rowsOf(caller: string, layers: unknown, count: number): number[] {
  if (Array.isArray(layers) && layers.length === 2) {
    const from = checkNumber(caller, "layers[0]", layers[0], { min: 0, max: count - 1, integer: true }, LatentEditError);
    const to = checkNumber(caller, "layers[1]", layers[1], { min: from + 1, max: count, integer: true }, LatentEditError);
    return Array.from({ length: to - from }, (_, i) => from + i);
  }
  const { rows } = (layers ?? {}) as Partial<LayerList>;
  if (Array.isArray(layers) || !Array.isArray(rows) || rows.length === 0) {
    throw new LatentEditError(
      `${caller}: expected layers to be a range [from, to] (from the first, up to but not including the last), or a list { rows: [0, 1, 2, 3] }, got ${describeValue(layers)}.`,
    );
  }
  checkOptions(`${caller}: layers`, layers as LayerList, ["rows"], LatentEditError);
  const limits = { min: 0, max: count - 1, integer: true };
  return rows.map((row, i) => checkNumber(caller, `layers.rows[${i}]`, row, limits, LatentEditError));
}
