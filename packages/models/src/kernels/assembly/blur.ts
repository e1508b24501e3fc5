import { INNER_TAP, OUTER_TAP } from "../constants";
import { FLOAT, loadOne, storeOne, VECTOR, wholeVectors } from "./vectors";

/**
 * The filter [1, 3, 3, 1] / 4 along both axes of x [images, height, width, channels] with `padding` zeros around: rows first, then columns of the last
 * four rows.
 *
 * @param out [images, height + 2 · padding − 3, width + 2 · padding − 3, channels]
 * @param scratch room for a padded row of x and four rows of out
 */
export function blur(
  x: usize,
  out: usize,
  scratch: usize,
  images: usize,
  height: usize,
  width: usize,
  channels: usize,
  padding: usize,
): void {
  const pixel = channels * FLOAT;
  const inRow = width * pixel;
  const edge = padding * pixel;
  const outRow = inRow + 2 * edge - 3 * pixel;
  const padded = scratch;
  const rows = scratch + inRow + 2 * edge;
  memory.fill(padded, 0, inRow + 2 * edge);
  for (let image: usize = 0; image < images; image++) {
    for (let y: usize = 0; y < height + 2 * padding; y++) {
      const row = rows + (y & 3) * outRow;
      if (y < padding || y >= padding + height) memory.fill(row, 0, outRow);
      else {
        memory.copy(padded + edge, x, inRow);
        x += inRow;
        combine(padded, padded + pixel, padded + 2 * pixel, padded + 3 * pixel, row, outRow);
      }
      if (y < 3) continue;
      combine(rows + ((y - 3) & 3) * outRow, rows + ((y - 2) & 3) * outRow, rows + ((y - 1) & 3) * outRow, row, out, outRow);
      out += outRow;
    }
  }
}

/** out = (a + 3b + 3c + d) / 4 */
function combine(a: usize, b: usize, c: usize, d: usize, out: usize, bytes: usize): void {
  const whole = wholeVectors(bytes);
  let at: usize = 0;
  for (; at < whole; at += VECTOR) {
    v128.store(out + at, combined(v128.load(a + at), v128.load(b + at), v128.load(c + at), v128.load(d + at)));
  }
  for (; at < bytes; at += FLOAT) {
    storeOne(out + at, combined(loadOne(a + at), loadOne(b + at), loadOne(c + at), loadOne(d + at)));
  }
}

function combined(a: v128, b: v128, c: v128, d: v128): v128 {
  const outer = f32x4.mul(f32x4.add(a, d), f32x4.splat(<f32>OUTER_TAP));
  return f32x4.add(outer, f32x4.mul(f32x4.add(b, c), f32x4.splat(<f32>INNER_TAP)));
}
