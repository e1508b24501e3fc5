import { concat, gather, reshape, slice, type Tensor, type Tensor1D, type Tensor2D, tidy, tile } from "@tensorflow/tfjs-core";
import { ModelsError } from "../errors.js";
import { startingMaps } from "./noise-maps.js";
import type { Objective } from "./objective.js";

/** Codes that are looked at together. */
const BATCH = 16;

export interface StartSettings {
  /** [d] */
  readonly mean: Tensor1D;
  /** [m, d] */
  readonly candidates: Tensor2D;
  readonly images: number;
  /** Rows of a code in W+; undefined: one code for all. */
  readonly rows: number | undefined;
  /** Given in place of all that. */
  readonly start: Tensor | undefined;
  readonly noiseSides: readonly number[];
}

/** Where each image's search starts, [n, d] or [n, rows, d], and how far from it the mean code's image is where that was looked at. */
export async function startingCode(
  objective: Objective,
  settings: StartSettings,
  mapSeed: number,
): Promise<{ code: Tensor; startDistances: readonly number[] | undefined }> {
  const { mean, candidates, images, start, noiseSides } = settings;
  if (start !== undefined) return { code: givenStart(start, settings), startDistances: undefined };
  const all = tidy(() => concat([reshape(mean, [1, -1]), candidates], 0)) as Tensor2D;
  try {
    const nearest = Array.from({ length: images }, () => ({ index: 0, distance: Number.POSITIVE_INFINITY }));
    let startDistances: readonly number[] = [];
    for (let first = 0; first < all.shape[0]; first += BATCH) {
      const count = Math.min(BATCH, all.shape[0] - first);
      const codes = slice(all, [first, 0], [count, all.shape[1]]);
      const maps = startingMaps(noiseSides, count, mapSeed);
      const distances = await objective.distancesToAll(codes, maps);
      for (const tensor of [codes, ...maps]) tensor.dispose();
      if (first === 0) startDistances = Array.from(distances.subarray(0, images));
      distances.forEach((distance, i) => {
        const best = nearest[i % images]!;
        if (distance < best.distance) Object.assign(best, { distance, index: first + Math.floor(i / images) });
      });
    }
    const indices = nearest.map(({ index }) => index);
    return { code: tidy(() => spread(gather(all, indices), settings)), startDistances };
  } finally {
    all.dispose();
  }
}

function givenStart(start: Tensor, settings: StartSettings): Tensor {
  const { images } = settings;
  const [count] = start.shape;
  if (count !== images && count !== 1)
    throw new ModelsError(`project: expected ${images} codes to start from, one an image, or one for all, got ${count}.`);
  const repeats = [images, ...Array<number>(start.rank - 1).fill(1)];
  return tidy(() => spread(count === images ? start : tile(start, repeats), settings));
}

/** One code for all rows where there are several. */
function spread(code: Tensor, { rows }: StartSettings): Tensor {
  if (rows === undefined || code.rank === 3) return code.clone();
  const [n, d] = code.shape as [number, number];
  return tile(reshape(code, [n, 1, d]), [1, rows, 1]);
}
