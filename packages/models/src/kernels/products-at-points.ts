import { addressOf, allocate, type BackendWasm, release } from "@latentflow/backend/wasm";
import { FLOAT, UP_OUTPUTS, VECTOR, WINOGRAD_PATCH } from "./constants.js";
import type { PreparedMatrix } from "./prepared-matrix.js";

/** Floats of tiles at their points, and of products, that are worked on at once: what stays in a processor's second cache. */
const FLOATS_AT_ONCE = 1 << 19;
/** Fewest tiles at once: the filters are read again for each lot. */
const MIN_TILES = 64;

/** Bytes of the largest patch that a tile reads or writes. */
const patchOf = (channels: number) => FLOAT * Math.max(WINOGRAD_PATCH, UP_OUTPUTS) ** 2 * channels;

/**
 * Bytes between the end of one point and the start of the next: without them, the points of a tile would lie at the same places of the processor's first
 * cache.
 */
const GAP = 64;

/** Some tiles, and where their values at the points are: [points, count, channels], `step` bytes from one point to the next. */
export interface TileRange {
  readonly first: number;
  readonly count: number;
  readonly address: number;
  readonly step: number;
  /** Address of room for a vector a point and a patch of the image. */
  readonly scratch: number;
}

/** What minimal filtering does to tiles before and after its products. */
export interface Transforms {
  /** Pixels → values at the points, of as many channels as the products take. */
  read(lot: TileRange): void;
  /** Products → pixels. */
  write(lot: TileRange): void;
}

/** Runs minimal filtering over all tiles, lot by lot: transform, one matrix product a point, transform back. */
export function productsAtPoints(
  backend: BackendWasm,
  matrices: readonly PreparedMatrix[],
  { inputs, outputs, tiles }: { inputs: number; outputs: number; tiles: number },
  { read, write }: Transforms,
): void {
  const points = matrices.length;
  const atOnce = Math.min(tiles, Math.max(MIN_TILES, Math.floor(FLOATS_AT_ONCE / (points * (inputs + outputs)))));
  const stepOf = (channels: number) => FLOAT * atOnce * channels + GAP;
  const make = (bytes: number) => allocate(backend, [bytes / FLOAT]);
  const buffers = [
    make(points * stepOf(inputs)),
    make(points * stepOf(outputs)),
    make(points * VECTOR + patchOf(Math.max(inputs, outputs))),
  ] as const;
  const [from, to, scratch] = buffers.map((buffer) => addressOf(backend, buffer)) as [number, number, number];
  for (let first = 0; first < tiles; first += atOnce) {
    const lot = { first, count: Math.min(atOnce, tiles - first), scratch };
    read({ ...lot, address: from, step: stepOf(inputs) });
    matrices.forEach((matrix, k) => void matrix.multiplyFromLeft(from + k * stepOf(inputs), lot.count, to + k * stepOf(outputs)));
    write({ ...lot, address: to, step: stepOf(outputs) });
  }
  release(backend, ...buffers);
}
