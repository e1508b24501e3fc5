import { UP_OUTPUTS as OUTPUTS, UP_POINTS as POINTS, UP_STEP as STEP } from "../constants";
import { readable, scatter, scatterAdd, writable } from "./patch";
import { FLOAT, VECTOR } from "./vectors";

/**
 * The transforms that ../up.ts explains, along both axes. Tile by tile: a patch of 4 × 4 pixels of the small image, which
 * begins a pixel before the tile, against 6 × 6 pixels of the large one.
 *
 * Arguments of all four: an image [n, rows, columns, channels], channels a multiple of 4; tiles [first, first + count), `down` × `across` of them an
 * image; values at the 49 points [49, count, channels], `pointStep` bytes from one point to the next; `scratch`, room for 49 vectors and a patch.
 */

/** Pixels of a tile's patch of the small image, along an axis. */
const PATCH: i32 = 4;

/** Bytes of a row of so many vectors in `scratch`. */
const POINTS_BYTES: usize = POINTS * VECTOR;
const PATCH_BYTES: usize = PATCH * VECTOR;
const OUTPUTS_BYTES: usize = OUTPUTS * VECTOR;
const SCRATCH_BYTES: usize = POINTS * POINTS_BYTES;

/** The small image's patches at the points. */
export function upInput(
  x: usize,
  rows: i32,
  columns: i32,
  channels: i32,
  first: i32,
  count: i32,
  down: i32,
  across: i32,
  points: usize,
  pointStep: usize,
  scratch: usize,
): void {
  const pixel = <usize>channels * FLOAT;
  const row = <usize>columns * pixel;
  const patch = scratch + SCRATCH_BYTES;
  for (let tile = first; tile < first + count; tile++) {
    const image = x + <usize>(tile / (down * across)) * <usize>rows * row;
    const top = STEP * ((tile % (down * across)) / across) - 1;
    const left = STEP * (tile % across) - 1;
    const from = readable(image, rows, columns, pixel, top, left, PATCH, patch);
    patchToPoints(from, from === patch ? <usize>PATCH * pixel : row, pixel, points, pointStep, scratch);
    points += pixel;
  }
}

function patchToPoints(from: usize, row: usize, pixel: usize, to: usize, pointStep: usize, scratch: usize): void {
  for (let c: usize = 0; c < pixel; c += VECTOR) {
    for (let y = 0; y < PATCH; y++) toPoints(from + <usize>y * row + c, pixel, scratch + <usize>y * POINTS_BYTES, VECTOR);
    for (let p = 0; p < POINTS; p++) {
      toPoints(scratch + <usize>p * VECTOR, POINTS_BYTES, to + <usize>p * pointStep + c, <usize>POINTS * pointStep);
    }
  }
}

/** Products at the points to the large image. */
export function upOutput(
  products: usize,
  pointStep: usize,
  first: i32,
  count: i32,
  down: i32,
  across: i32,
  y: usize,
  rows: i32,
  columns: i32,
  channels: i32,
  scratch: usize,
): void {
  const pixel = <usize>channels * FLOAT;
  const row = <usize>columns * pixel;
  const patch = scratch + SCRATCH_BYTES;
  for (let tile = first; tile < first + count; tile++) {
    const image = y + <usize>(tile / (down * across)) * <usize>rows * row;
    const top = OUTPUTS * ((tile % (down * across)) / across);
    const left = OUTPUTS * (tile % across);
    const to = writable(image, rows, columns, pixel, top, left, OUTPUTS, patch);
    pointsToOutputs(products, pointStep, to, to === patch ? <usize>OUTPUTS * pixel : row, pixel, scratch);
    if (to === patch) scatter(image, rows, columns, pixel, top, left, OUTPUTS, patch);
    products += pixel;
  }
}

function pointsToOutputs(from: usize, pointStep: usize, to: usize, row: usize, pixel: usize, scratch: usize): void {
  for (let c: usize = 0; c < pixel; c += VECTOR) {
    for (let p = 0; p < POINTS; p++) {
      toOutputs(from + <usize>(p * POINTS) * pointStep + c, pointStep, scratch + <usize>p * OUTPUTS_BYTES, VECTOR);
    }
    for (let o = 0; o < OUTPUTS; o++) toOutputs(scratch + <usize>o * VECTOR, OUTPUTS_BYTES, to + <usize>o * pixel + c, row);
  }
}

/** The large image's gradient at the points: the transpose of `upOutput`. */
export function upBackInput(
  dy: usize,
  rows: i32,
  columns: i32,
  channels: i32,
  first: i32,
  count: i32,
  down: i32,
  across: i32,
  points: usize,
  pointStep: usize,
  scratch: usize,
): void {
  const pixel = <usize>channels * FLOAT;
  const row = <usize>columns * pixel;
  const patch = scratch + SCRATCH_BYTES;
  for (let tile = first; tile < first + count; tile++) {
    const image = dy + <usize>(tile / (down * across)) * <usize>rows * row;
    const top = OUTPUTS * ((tile % (down * across)) / across);
    const left = OUTPUTS * (tile % across);
    const from = readable(image, rows, columns, pixel, top, left, OUTPUTS, patch);
    outputsToPoints(from, from === patch ? <usize>OUTPUTS * pixel : row, pixel, points, pointStep, scratch);
    points += pixel;
  }
}

function outputsToPoints(from: usize, row: usize, pixel: usize, to: usize, pointStep: usize, scratch: usize): void {
  for (let c: usize = 0; c < pixel; c += VECTOR) {
    for (let o = 0; o < OUTPUTS; o++) fromOutputs(from + <usize>o * row + c, pixel, scratch + <usize>o * POINTS_BYTES, VECTOR);
    for (let p = 0; p < POINTS; p++) {
      fromOutputs(scratch + <usize>p * VECTOR, POINTS_BYTES, to + <usize>p * pointStep + c, <usize>POINTS * pointStep);
    }
  }
}

/** Products at the points to the small image's gradient, added to what is there, since tiles share pixels: the transpose of `upInput`. */
export function upBackOutput(
  products: usize,
  pointStep: usize,
  first: i32,
  count: i32,
  down: i32,
  across: i32,
  dx: usize,
  rows: i32,
  columns: i32,
  channels: i32,
  scratch: usize,
): void {
  const pixel = <usize>channels * FLOAT;
  const row = <usize>columns * pixel;
  const patch = scratch + SCRATCH_BYTES;
  for (let tile = first; tile < first + count; tile++) {
    const image = dx + <usize>(tile / (down * across)) * <usize>rows * row;
    const top = STEP * ((tile % (down * across)) / across) - 1;
    const left = STEP * (tile % across) - 1;
    const to = writable(image, rows, columns, pixel, top, left, PATCH, patch);
    if (to === patch) memory.fill(patch, 0, <usize>(PATCH * PATCH) * pixel);
    pointsToPatch(products, pointStep, to, to === patch ? <usize>PATCH * pixel : row, pixel, scratch);
    if (to === patch) scatterAdd(image, rows, columns, pixel, top, left, PATCH, patch);
    products += pixel;
  }
}

function pointsToPatch(from: usize, pointStep: usize, to: usize, row: usize, pixel: usize, scratch: usize): void {
  for (let c: usize = 0; c < pixel; c += VECTOR) {
    for (let p = 0; p < POINTS; p++) {
      fromPoints(from + <usize>(p * POINTS) * pointStep + c, pointStep, scratch + <usize>p * PATCH_BYTES, VECTOR, false);
    }
    for (let x = 0; x < PATCH; x++) fromPoints(scratch + <usize>x * VECTOR, PATCH_BYTES, to + <usize>x * pixel + c, row, true);
  }
}

/** Along one axis, four vectors, `fromStep` apart → seven, `toStep` apart. */
function toPoints(from: usize, fromStep: usize, to: usize, toStep: usize): void {
  const d0 = v128.load(from);
  const d1 = v128.load(from + fromStep);
  const d2 = v128.load(from + 2 * fromStep);
  const d3 = v128.load(from + 3 * fromStep);
  v128.store(to, f32x4.sub(d0, d2));
  v128.store(to + toStep, f32x4.add(d1, d2));
  v128.store(to + 2 * toStep, f32x4.sub(d2, d1));
  v128.store(to + 3 * toStep, f32x4.sub(d3, d1));
  v128.store(to + 4 * toStep, d1);
  v128.store(to + 5 * toStep, d2);
  v128.store(to + 6 * toStep, d3);
}

/** Seven → six, even and odd in turn. */
function toOutputs(from: usize, fromStep: usize, to: usize, toStep: usize): void {
  const m0 = v128.load(from);
  const m1 = v128.load(from + fromStep);
  const m2 = v128.load(from + 2 * fromStep);
  const m3 = v128.load(from + 3 * fromStep);
  const sum = f32x4.add(m1, m2);
  v128.store(to, f32x4.add(m0, sum));
  v128.store(to + toStep, v128.load(from + 4 * fromStep));
  v128.store(to + 2 * toStep, f32x4.sub(m1, m2));
  v128.store(to + 3 * toStep, v128.load(from + 5 * fromStep));
  v128.store(to + 4 * toStep, f32x4.add(sum, m3));
  v128.store(to + 5 * toStep, v128.load(from + 6 * fromStep));
}

/** The transpose of `toOutputs`: six → seven. */
function fromOutputs(from: usize, fromStep: usize, to: usize, toStep: usize): void {
  const e0 = v128.load(from);
  const e1 = v128.load(from + 2 * fromStep);
  const e2 = v128.load(from + 4 * fromStep);
  const outer = f32x4.add(e0, e2);
  v128.store(to, e0);
  v128.store(to + toStep, f32x4.add(outer, e1));
  v128.store(to + 2 * toStep, f32x4.sub(outer, e1));
  v128.store(to + 3 * toStep, e2);
  v128.store(to + 4 * toStep, v128.load(from + fromStep));
  v128.store(to + 5 * toStep, v128.load(from + 3 * fromStep));
  v128.store(to + 6 * toStep, v128.load(from + 5 * fromStep));
}

/** The transpose of `toPoints`: seven → four. */
function fromPoints(from: usize, fromStep: usize, to: usize, toStep: usize, added: bool): void {
  const p0 = v128.load(from);
  const p1 = v128.load(from + fromStep);
  const p2 = v128.load(from + 2 * fromStep);
  const p3 = v128.load(from + 3 * fromStep);
  const x1 = f32x4.add(f32x4.sub(f32x4.sub(p1, p2), p3), v128.load(from + 4 * fromStep));
  const x2 = f32x4.add(f32x4.sub(f32x4.add(p1, p2), p0), v128.load(from + 5 * fromStep));
  const x3 = f32x4.add(p3, v128.load(from + 6 * fromStep));
  put(to, p0, added);
  put(to + toStep, x1, added);
  put(to + 2 * toStep, x2, added);
  put(to + 3 * toStep, x3, added);
}

function put(to: usize, value: v128, added: bool): void {
  v128.store(to, added ? f32x4.add(value, v128.load(to)) : value);
}
