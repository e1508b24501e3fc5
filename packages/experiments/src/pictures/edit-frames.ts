import { describeValue } from "@latentflow/core";
import { ExperimentsError } from "../errors.js";
import type { EditFrames, RowReadings } from "../results/index.js";
import type { Picture } from "./picture.js";

/** One sample at one time; shares the frames' bytes. */
export function frameAt({ data, times, width, height }: EditFrames, sample: number, time: number): Picture {
  const size = width * height * 3;
  const start = (sample * times.length + time) * size;
  return { width, height, data: data.subarray(start, start + size) };
}

/** What the regressor reads on one sample at the times of these places; undefined where it was not asked. */
export function readingsAt({ readings, times }: EditFrames, sample: number, places: readonly number[]): RowReadings | undefined {
  if (readings === undefined) return undefined;
  const at = (place: number, which: 0 | 1) => readings[(sample * times.length + place) * 2 + which]!;
  return { classes: places.map((place) => at(place, 0)), changed: places.map((place) => at(place, 1)) };
}

/** Throws unless there are as many bytes as the shape says. */
export function checkFrames(caller: string, frames: EditFrames): void {
  const { method, data, samples, times, width, height } = (frames ?? {}) as EditFrames;
  if (!(data instanceof Uint8Array) || !Array.isArray(times))
    throw new ExperimentsError(`${caller}: expected the frames of an edit, got ${describeValue(frames)}.`);
  if (samples > 0 && times.length > 0 && data.length === samples * times.length * width * height * 3) return;
  throw new ExperimentsError(
    `${caller}: expected samples · times · height · width · 3 bytes for ${method}, got ${data.length} for ` +
      `${samples} · ${times.length} · ${height} · ${width} · 3.`,
  );
}

/** At most `count` of the indices 0 … n − 1, equally spaced, both ends among them. */
export function spread(n: number, count: number): number[] {
  if (n <= count) return Array.from({ length: n }, (_, i) => i);
  return Array.from({ length: count }, (_, i) => Math.round((i * (n - 1)) / Math.max(1, count - 1)));
}
