import { checkTensor, isTensor, type Numbers, type SeededRandom } from "@latentflow/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { LatentEditError } from "../errors.js";
import { toNumbers } from "../input/matrix.js";

/** Indices of the codes with the highest and the lowest scores, and of those between, split at the middle of the score range. */
export interface Extremes {
  readonly high: number[];
  readonly low: number[];
  readonly rest: { readonly high: number[]; readonly low: number[] };
}

/** One number a code, from [n] or [n, 1], as a tensor or in arrays. */
export async function readScores(scores: Tensor | Numbers | readonly Numbers[]): Promise<Float64Array> {
  if (isTensor(scores)) {
    checkTensor("fitInterFaceGan", "scores", scores, "one number a code", LatentEditError);
    return toNumbers("fitInterFaceGan", "scores", await scores.data());
  }
  const isColumn =
    Array.isArray(scores) && scores.length > 0 && scores.every((row) => typeof row === "object" && row?.length === 1);
  return toNumbers("fitInterFaceGan", "scores", isColumn ? (scores as readonly Numbers[]).map((row) => row[0]) : scores);
}

/**
 * The ends of the score order.
 *
 * @param ratio share of all usable codes for each end, or a count when above 1; at most half
 * @param random draws among codes of the score at an end's limit
 */
export function extremes(scores: Float64Array, ratio: number, invalid: number | undefined, random: SeededRandom): Extremes {
  const order = [...scores.keys()].filter((i) => Number.isFinite(scores[i]!) && scores[i] !== invalid);
  order.sort((a, b) => scores[b]! - scores[a]!);
  const taken = Math.min(Math.floor(ratio > 1 ? ratio : ratio * order.length), Math.floor(order.length / 2));
  const [highest, lowest] = [scores[order[0]!]!, scores[order.at(-1)!]!];
  if (taken < 1 || highest === lowest) {
    throw new LatentEditError(
      `fitInterFaceGan: expected codes with high and with low scores, got ${order.length} usable codes of which ratio ${ratio} takes ${taken} a side; give more codes or a larger ratio.`,
    );
  }
  const limits = { high: scores[order[taken - 1]!]!, low: scores[order[order.length - taken]!]! };
  if (limits.high === limits.low) {
    const above = order.filter((i) => scores[i]! > limits.high).length;
    const below = order.filter((i) => scores[i]! < limits.low).length;
    throw new LatentEditError(
      `fitInterFaceGan: expected ${taken} codes a side with scores that differ, got ${above} above the score ${limits.high} and ${below} below it, so that both sides would hold codes of that score; give a ratio of at most ${Math.max(above, below)} codes, or scores in place of labels.`,
    );
  }
  const high = takeFirst(order, taken, scores, random);
  const low = takeFirst([...order].reverse(), taken, scores, random).reverse();
  const used = new Set([...high, ...low]);
  const middle = (highest + lowest) / 2;
  const between = order.filter((i) => !used.has(i));
  return {
    high,
    low,
    rest: { high: between.filter((i) => scores[i]! >= middle), low: between.filter((i) => scores[i]! < middle) },
  };
}

/** The first `count` of an order; where its limit falls among equal scores, a draw of those. */
function takeFirst(order: readonly number[], count: number, scores: Float64Array, random: SeededRandom): number[] {
  const limit = scores[order[count - 1]!]!;
  if (count === order.length || scores[order[count]!] !== limit) return order.slice(0, count);
  const sure = order.filter((i, place) => place < count && scores[i] !== limit);
  const tied = order.filter((i) => scores[i] === limit);
  return [...sure, ...random.shuffle(tied).slice(0, count - sure.length)];
}
