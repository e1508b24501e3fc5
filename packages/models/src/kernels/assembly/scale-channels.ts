import { FLOAT, loadOne, storeOne, VECTOR, wholeVectors } from "./vectors";

/** Pixels whose products are summed in float32, before that sum is added to others in float64. */
const BLOCK: usize = 64;

const DOUBLE: usize = 8;

/** out = x · factors, x [images, pixels, channels], factors [images, channels]. */
export function scaleChannels(x: usize, factors: usize, out: usize, images: usize, pixels: usize, channels: usize): void {
  const row = channels * FLOAT;
  const whole = wholeVectors(row);
  for (let image: usize = 0; image < images; image++) {
    for (let pixel: usize = 0; pixel < pixels; pixel++) {
      let c: usize = 0;
      for (; c < whole; c += VECTOR) v128.store(out + c, f32x4.mul(v128.load(x + c), v128.load(factors + c)));
      for (; c < row; c += FLOAT) storeOne(out + c, f32x4.mul(loadOne(x + c), loadOne(factors + c)));
      x += row;
      out += row;
    }
    factors += row;
  }
}

/**
 * Sum of a · b over the pixels: [images, pixels, channels] twice → [images, channels].
 *
 * @param sums room for `channels` numbers of eight bytes
 */
export function channelDot(a: usize, b: usize, out: usize, sums: usize, images: usize, pixels: usize, channels: usize): void {
  const row = channels * FLOAT;
  const whole = wholeVectors(row);
  for (let image: usize = 0; image < images; image++) {
    memory.fill(sums, 0, channels * DOUBLE);
    for (let first: usize = 0; first < pixels; first += BLOCK) {
      const bytes = min(BLOCK, pixels - first) * row;
      let c: usize = 0;
      for (; c < whole; c += VECTOR) {
        let sum = f32x4.splat(0);
        for (let at = c; at < bytes; at += row) sum = f32x4.add(sum, f32x4.mul(v128.load(a + at), v128.load(b + at)));
        const to = sums + 2 * c;
        v128.store(to, f64x2.add(v128.load(to), f64x2.promote_low_f32x4(sum)));
        const high = v128.shuffle<u64>(sum, sum, 1, 0);
        v128.store(to + VECTOR, f64x2.add(v128.load(to + VECTOR), f64x2.promote_low_f32x4(high)));
      }
      for (; c < row; c += FLOAT) {
        let sum: f32 = 0;
        for (let at = c; at < bytes; at += row) sum += load<f32>(a + at) * load<f32>(b + at);
        store<f64>(sums + 2 * c, load<f64>(sums + 2 * c) + <f64>sum);
      }
      a += bytes;
      b += bytes;
    }
    for (let c: usize = 0; c < channels; c++) store<f32>(out + c * FLOAT, <f32>load<f64>(sums + c * DOUBLE));
    out += row;
  }
}
