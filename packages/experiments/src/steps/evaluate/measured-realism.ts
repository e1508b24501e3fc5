import { percentileInterval, type ResampledDistance, resampleDistances } from "@latentflow/metrics";
import { mean } from "../../results/numbers.js";
import type { RunFolder } from "../../store/run-folder.js";
import { type NumberArray, readTensors, writeTensors } from "../../store/tensor-file.js";

const ARRAYS_FILE = "realism.safetensors";

/** One side of a distance, picture by picture: ids are places among the starts, or among the codes to learn from. */
interface DistanceSide {
  readonly ids: Int32Array;
  readonly classes: Int32Array;
  readonly influence: Float64Array;
}

/** What a bootstrap needs of edited pictures at one edit length. */
export interface MeasuredAt {
  readonly distance: number | null;
  readonly edited: DistanceSide;
  readonly own: DistanceSide;
  /** 1 where a start's code has left the region. */
  readonly outside: Uint8Array;
  /** The same pictures before the edit, against the same own ones. */
  readonly starts: { readonly distance: number; readonly influence: Float64Array; readonly ownInfluence: Float64Array } | null;
}

/** How intervals are found. */
export interface IntervalOptions {
  readonly resamples: number;
  readonly confidence: number;
  readonly seed: number;
}

export function distanceInterval(measured: MeasuredAt, options: IntervalOptions): [number, number] | null {
  const { distance } = measured;
  if (distance === null) return null;
  const [values] = resampled([asDistance(measured)!], options);
  const [low, high] = percentileInterval(values!, { confidence: options.confidence });
  return [Math.max(0, low), Math.max(0, high)];
}

/** Of the distance after the edit minus that before. */
export function changeInterval(measured: MeasuredAt, options: IntervalOptions): [number, number] | null {
  const { starts, edited, own } = measured;
  const after = asDistance(measured);
  if (starts === null || after === null) return null;
  const before: ResampledDistance = {
    distance: starts.distance,
    edited: { ...edited, influence: starts.influence },
    own: { ...own, influence: starts.ownInfluence },
  };
  const [a, b] = resampled([after, before], options);
  return percentileInterval(
    a!.map((x, r) => x - b![r]!),
    { confidence: options.confidence },
  );
}

export function shareInterval(outside: Uint8Array, options: IntervalOptions): [number, number] {
  const [values] = resampled([asShare(outside)], options);
  return percentileInterval(values!, { confidence: options.confidence });
}

export function resampled(all: readonly ResampledDistance[], { resamples, seed }: IntervalOptions): Float64Array[] {
  return resampleDistances(all, { resamples, seed });
}

export function asDistance({ distance, edited, own }: Omit<MeasuredAt, "starts">): ResampledDistance | null {
  return distance === null ? null : { distance, edited, own };
}

/** A mean over starts as the bootstrap of distances takes it: what each adds is how far it is from the mean. */
export function asShare(outside: Uint8Array): ResampledDistance {
  const share = mean(outside);
  const ids = Int32Array.from(outside, (_, i) => i);
  const none = new Int32Array(0);
  return {
    distance: share,
    edited: { ids, classes: new Int32Array(ids.length), influence: Float64Array.from(outside, (x) => x - share) },
    own: { ids: none, classes: none, influence: none },
  };
}

/** Keeps what a comparison needs later, edit length by edit length. */
export async function writeMeasured(folder: string, measured: readonly MeasuredAt[]): Promise<void> {
  const arrays: Record<string, NumberArray> = { count: vector(Int32Array.of(measured.length)) };
  for (const [k, { distance, edited, own, outside }] of measured.entries()) {
    arrays[`${k}.distance`] = vector(distance === null ? new Float32Array(0) : Float32Array.of(distance));
    arrays[`${k}.outside`] = vector(outside);
    for (const [name, { ids, classes, influence }] of Object.entries({ edited, own })) {
      arrays[`${k}.${name}.ids`] = vector(ids);
      arrays[`${k}.${name}.classes`] = vector(classes);
      arrays[`${k}.${name}.influence`] = vector(Float32Array.from(influence));
    }
  }
  await writeTensors(folder, ARRAYS_FILE, arrays);
}

function vector<T extends Float32Array | Int32Array | Uint8Array>(data: T): NumberArray<T> {
  return { data, shape: [data.length] };
}

/** What a job of `realismJob` kept. */
export async function readMeasured(run: RunFolder, job: string): Promise<Omit<MeasuredAt, "starts">[]> {
  const arrays = await readTensors(run, job, ARRAYS_FILE);
  const get = (name: string) => arrays.get(name)!.data;
  const side = (name: string): DistanceSide => ({
    ids: get(`${name}.ids`) as Int32Array,
    classes: get(`${name}.classes`) as Int32Array,
    influence: Float64Array.from(get(`${name}.influence`) as Float32Array),
  });
  return Array.from({ length: Number(get("count")[0]) }, (_, k) => ({
    distance: (get(`${k}.distance`) as Float32Array)[0] ?? null,
    outside: get(`${k}.outside`) as Uint8Array,
    edited: side(`${k}.edited`),
    own: side(`${k}.own`),
  }));
}
