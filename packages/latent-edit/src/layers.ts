import { checkNumber, describeValue } from "@latentflow/core";
import { concat, reshape, slice, stack, type Tensor, type Tensor2D, tidy } from "@tensorflow/tfjs-core";
import { LatentEditError } from "./errors.js";

/** Rows of a W+ code that an edit touches: from the first, up to but not including the last. [0, 6] are the first six. */
export type LayerRange = readonly [from: number, to: number];

/**
 * Applies a function of rows to a W code, or to a range of the rows of a W+ code; rows outside the range come back bit for bit.
 *
 * @param w [n, d] or [n, layers, d]
 * @param times how many results `f` gives for each row, as a first axis; undefined for one result without that axis
 * @param f rows [m, d] → [m, d], or [times, m, d]
 */
export function onRows(
  caller: string,
  w: Tensor,
  latentDim: number,
  layers: LayerRange | undefined,
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
  const [from, to] = checkRange(caller, layers ?? [0, count], count);
  return tidy(() => {
    const rows = reshape(slice(w, [0, from, 0], [n, to - from, d]), [n * (to - from), d]) as Tensor2D;
    const part = (start: number, size: number) => {
      const untouched = slice(w, [0, start, 0], [n, size, d]);
      return times === undefined ? untouched : stack(Array<Tensor>(times).fill(untouched));
    };
    const axes = times === undefined ? [] : [times];
    const moved = reshape(f(rows), [...axes, n, to - from, d]);
    const parts = [moved];
    if (from > 0) parts.unshift(part(0, from));
    if (to < count) parts.push(part(to, count - to));
    return parts.length === 1 ? moved : concat(parts, axes.length + 1);
  });
}

/** Throws unless w is a W or W+ code of width `latentDim`. */
export function checkCodes(caller: string, w: Tensor, latentDim: number): void {
  const fits = (w.rank === 2 || w.rank === 3) && w.shape.at(-1) === latentDim && w.shape[0]! > 0;
  if (fits) return;
  throw new LatentEditError(`${caller}: expected codes [n, ${latentDim}] or [n, layers, ${latentDim}], got ${describeValue(w)}.`);
}

function checkRange(caller: string, [from, to]: LayerRange, count: number): LayerRange {
  checkNumber(caller, "layers[0]", from, { min: 0, max: count - 1, integer: true }, LatentEditError);
  checkNumber(caller, "layers[1]", to, { min: from + 1, max: count, integer: true }, LatentEditError);
  return [from, to];
}
