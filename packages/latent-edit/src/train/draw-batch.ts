import type { SeededRandom } from "@latentflow/core";
import type { TrainSettings } from "../directions/train-settings.js";

/** One batch as drawn: which codes, how far, to which class. */
export interface Batch {
  readonly rows: Int32Array;
  /** Edit length of all codes, or one for each. */
  readonly t: number | readonly number[];
  readonly target: number;
  /** How much each code counts in the first term; absent: all the same. */
  readonly codeWeights?: readonly number[];
}

/** Codes that edits may start from: their rows, and those of the edit back where there is one. */
export interface Starts {
  readonly forward: Int32Array;
  readonly backward: Int32Array | undefined;
}

/**
 * Start codes drawn with replacement from those of the start class, and edit lengths in [α/4, α]: one draw a batch, or a code in each of as many
 * equal parts of that range as there are codes. Of `pathShare` of the codes a point on the way is taken, anywhere before T.
 */
export function drawBatch(random: SeededRandom, starts: Starts, settings: TrainSettings): Batch {
  const { maxTime, batchSize, attribute, pathShare } = settings;
  const onTheWay = Math.round(pathShare * batchSize);
  const length = random.uniform(maxTime / 4, maxTime);
  const back = starts.backward !== undefined && random.uniform() < 0.5;
  const from = back ? starts.backward! : starts.forward;
  const rows = random.sample(batchSize, from.length, true).map((i) => from[i]!);
  const target = back ? attribute.from : attribute.to;
  const sign = back ? -1 : 1;
  if (settings.lengths === "one" && onTheWay === 0) return { rows, t: sign * length, target };
  const full = lengthsOf(settings, length, batchSize - onTheWay);
  const part = lengthsOf(settings, length, onTheWay).map((t) => t * random.uniform());
  const t = [...full, ...part].map((x) => sign * x);
  if (onTheWay === 0) return { rows, t, target };
  // The first term stays a mean over the codes that have arrived.
  const weight = batchSize / full.length;
  return { rows, t, target, codeWeights: t.map((_, i) => (i < full.length ? weight : 0)) };
}

/** The longest edit of a batch, with its sign. */
export function longest({ t }: Batch): number {
  return typeof t === "number" ? t : t.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
}

/** The one length for all; or that one in its part of the range, and in each other part its like. */
function lengthsOf({ lengths, maxTime }: TrainSettings, length: number, count: number): number[] {
  if (lengths === "one") return Array<number>(count).fill(length);
  const [low, high] = [maxTime / 4, maxTime];
  const offset = (length - low) / (high - low);
  return Array.from({ length: count }, (_, i) => low + ((i + offset) / count) * (high - low));
}
