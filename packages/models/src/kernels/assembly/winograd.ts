import { WINOGRAD_PATCH as PATCH, WINOGRAD_TILE as TILE } from "../constants";
import { readable, scatter, writable } from "./patch";
import { FLOAT, VECTOR } from "./vectors";

/** The transforms that ../winograd.ts explains. Bytes of the vectors of a row in `scratch`, and of those that are left of it. */
const PATCH_BYTES: usize = PATCH * VECTOR;
const TILE_BYTES: usize = TILE * VECTOR;

/**
 * An image's patches at the 36 points.
 *
 * @param x [n, rows, columns, channels], channels a multiple of 4
 * @param first the first of `count` tiles, counted along rows, then images
 * @param points [36, count, channels], `pointStep` bytes from one point to the next one
 * @param scratch room for 36 vectors and a patch
 */
export function winogradInput(
  x: usize,
  rows: i32,
  columns: i32,
  channels: i32,
  first: i32,
  count: i32,
  points: usize,
  pointStep: usize,
  scratch: usize,
): void {
  const pixel = <usize>channels * FLOAT;
  const row = <usize>columns * pixel;
  const patch = scratch + <usize>PATCH * PATCH_BYTES;
  const across = (columns + TILE - 1) / TILE;
  const perImage = across * ((rows + TILE - 1) / TILE);
  for (let tile = first; tile < first + count; tile++) {
    const image = x + <usize>(tile / perImage) * <usize>rows * row;
    const top = TILE * ((tile % perImage) / across) - 1;
    const left = TILE * (tile % across) - 1;
    const from = readable(image, rows, columns, pixel, top, left, PATCH, patch);
    patchToPoints(from, from === patch ? <usize>PATCH * pixel : row, pixel, points, pointStep, scratch);
    points += pixel;
  }
}

function patchToPoints(from: usize, row: usize, pixel: usize, to: usize, pointStep: usize, scratch: usize): void {
  for (let c: usize = 0; c < pixel; c += VECTOR) {
    for (let y = 0; y < PATCH; y++) toPoints(from + <usize>y * row + c, pixel, scratch + <usize>y * PATCH_BYTES, VECTOR);
    for (let p = 0; p < PATCH; p++) {
      toPoints(scratch + <usize>p * VECTOR, PATCH_BYTES, to + <usize>p * pointStep + c, <usize>PATCH * pointStep);
    }
  }
}

/**
 * Products at the 36 points to pixels.
 *
 * @param products [36, count, channels], `pointStep` bytes from one point to the next one
 * @param y [n, rows, columns, channels]
 * @param scratch room for 36 vectors and a patch
 */
export function winogradOutput(
  products: usize,
  pointStep: usize,
  first: i32,
  count: i32,
  y: usize,
  rows: i32,
  columns: i32,
  channels: i32,
  scratch: usize,
): void {
  const pixel = <usize>channels * FLOAT;
  const row = <usize>columns * pixel;
  const patch = scratch + <usize>PATCH * PATCH_BYTES;
  const across = (columns + TILE - 1) / TILE;
  const perImage = across * ((rows + TILE - 1) / TILE);
  for (let tile = first; tile < first + count; tile++) {
    const image = y + <usize>(tile / perImage) * <usize>rows * row;
    const top = TILE * ((tile % perImage) / across);
    const left = TILE * (tile % across);
    const to = writable(image, rows, columns, pixel, top, left, TILE, patch);
    pointsToTile(products, pointStep, to, to === patch ? <usize>TILE * pixel : row, pixel, scratch);
    if (to === patch) scatter(image, rows, columns, pixel, top, left, TILE, patch);
    products += pixel;
  }
}

function pointsToTile(from: usize, pointStep: usize, to: usize, row: usize, pixel: usize, scratch: usize): void {
  for (let c: usize = 0; c < pixel; c += VECTOR) {
    for (let p = 0; p < PATCH; p++) {
      fromPoints(from + <usize>(p * PATCH) * pointStep + c, pointStep, scratch + <usize>p * TILE_BYTES, VECTOR);
    }
    for (let t = 0; t < TILE; t++) fromPoints(scratch + <usize>t * VECTOR, TILE_BYTES, to + <usize>t * pixel + c, row);
  }
}

/** Bᵀ of the paper along one axis: six vectors, `fromStep` apart → six, `toStep` apart. */
function toPoints(from: usize, fromStep: usize, to: usize, toStep: usize): void {
  const d0 = v128.load(from);
  const d1 = v128.load(from + fromStep);
  const d2 = v128.load(from + 2 * fromStep);
  const d3 = v128.load(from + 3 * fromStep);
  const d4 = v128.load(from + 4 * fromStep);
  const d5 = v128.load(from + 5 * fromStep);
  const four = f32x4.splat(4);
  const five = f32x4.splat(5);
  const even = f32x4.sub(d4, f32x4.mul(four, d2));
  const odd = f32x4.sub(d3, f32x4.mul(four, d1));
  const evenHalf = f32x4.sub(d4, d2);
  const difference = f32x4.sub(d3, d1);
  const oddHalf = f32x4.add(difference, difference);
  v128.store(to, f32x4.add(f32x4.sub(f32x4.mul(four, d0), f32x4.mul(five, d2)), d4));
  v128.store(to + toStep, f32x4.add(even, odd));
  v128.store(to + 2 * toStep, f32x4.sub(even, odd));
  v128.store(to + 3 * toStep, f32x4.add(evenHalf, oddHalf));
  v128.store(to + 4 * toStep, f32x4.sub(evenHalf, oddHalf));
  v128.store(to + 5 * toStep, f32x4.add(f32x4.sub(f32x4.mul(four, d1), f32x4.mul(five, d3)), d5));
}

/** Aᵀ of the paper along one axis: six vectors → four. */
function fromPoints(from: usize, fromStep: usize, to: usize, toStep: usize): void {
  const m0 = v128.load(from);
  const m1 = v128.load(from + fromStep);
  const m2 = v128.load(from + 2 * fromStep);
  const m3 = v128.load(from + 3 * fromStep);
  const m4 = v128.load(from + 4 * fromStep);
  const m5 = v128.load(from + 5 * fromStep);
  const sum12 = f32x4.add(m1, m2);
  const difference12 = f32x4.sub(m1, m2);
  const sum34 = f32x4.add(m3, m4);
  const difference34 = f32x4.sub(m3, m4);
  v128.store(to, f32x4.add(f32x4.add(m0, sum12), sum34));
  v128.store(to + toStep, f32x4.add(difference12, f32x4.add(difference34, difference34)));
  v128.store(to + 2 * toStep, f32x4.add(sum12, f32x4.mul(f32x4.splat(4), sum34)));
  v128.store(to + 3 * toStep, f32x4.add(f32x4.add(difference12, f32x4.mul(f32x4.splat(8), difference34)), m5));
}
