import { VECTOR } from "./vectors";

/**
 * A square patch of an image [rows, columns, channels], whose first pixel is at (top, left) and which may reach beyond the border, against a dense copy
 * of it. Sizes in pixels, `pixel` in bytes, a multiple of 16.
 */

/** Where a patch is to be read: in the image, or in `patch`, to which it is copied with zeros around when it crosses the border. */
export function readable(
  image: usize,
  rows: i32,
  columns: i32,
  pixel: usize,
  top: i32,
  left: i32,
  size: i32,
  patch: usize,
): usize {
  if (isInside(rows, columns, top, left, size)) return addressIn(image, columns, pixel, top, left);
  gather(image, rows, columns, pixel, top, left, size, patch);
  return patch;
}

/** Where a patch is to be written: in the image, or in `patch`, whose inner part must be brought there then. */
export function writable(
  image: usize,
  rows: i32,
  columns: i32,
  pixel: usize,
  top: i32,
  left: i32,
  size: i32,
  patch: usize,
): usize {
  return isInside(rows, columns, top, left, size) ? addressIn(image, columns, pixel, top, left) : patch;
}

function isInside(rows: i32, columns: i32, top: i32, left: i32, size: i32): bool {
  return top >= 0 && left >= 0 && top + size <= rows && left + size <= columns;
}

function addressIn(image: usize, columns: i32, pixel: usize, top: i32, left: i32): usize {
  return image + <usize>(top * columns + left) * pixel;
}

function gather(image: usize, rows: i32, columns: i32, pixel: usize, top: i32, left: i32, size: i32, patch: usize): void {
  memory.fill(patch, 0, <usize>(size * size) * pixel);
  const first = max(0, -left);
  const bytes = <usize>(min(size, columns - left) - first) * pixel;
  const last = min(size, rows - top);
  for (let y = max(0, -top); y < last; y++) {
    memory.copy(patch + <usize>(y * size + first) * pixel, image + <usize>((top + y) * columns + left + first) * pixel, bytes);
  }
}

/** Writes what lies inside of the image. */
export function scatter(image: usize, rows: i32, columns: i32, pixel: usize, top: i32, left: i32, size: i32, patch: usize): void {
  const first = max(0, -left);
  const bytes = <usize>(min(size, columns - left) - first) * pixel;
  const last = min(size, rows - top);
  for (let y = max(0, -top); y < last; y++) {
    memory.copy(image + <usize>((top + y) * columns + left + first) * pixel, patch + <usize>(y * size + first) * pixel, bytes);
  }
}

/** Adds what lies inside of the image to what is there. */
export function scatterAdd(
  image: usize,
  rows: i32,
  columns: i32,
  pixel: usize,
  top: i32,
  left: i32,
  size: i32,
  patch: usize,
): void {
  const first = max(0, -left);
  const bytes = <usize>(min(size, columns - left) - first) * pixel;
  const last = min(size, rows - top);
  for (let y = max(0, -top); y < last; y++) {
    const from = patch + <usize>(y * size + first) * pixel;
    const to = image + <usize>((top + y) * columns + left + first) * pixel;
    for (let at: usize = 0; at < bytes; at += VECTOR) v128.store(to + at, f32x4.add(v128.load(to + at), v128.load(from + at)));
  }
}
