import { SLOPE } from "../constants";
import { FLOAT, loadOne, storeOne, VECTOR, wholeVectors } from "./vectors";

const LEAK: f32 = <f32>SLOPE;

/**
 * out = clamp(leakyRelu(y · factors + bias + noise)), y [images, pixels, channels], factors [images, channels], bias [channels].
 *
 * @param noise [1 or images, pixels]; 0: none
 * @param noiseStep bytes from one image's noise to the next one's
 */
export function activate(
  y: usize,
  factors: usize,
  bias: usize,
  noise: usize,
  noiseStep: usize,
  out: usize,
  images: usize,
  pixels: usize,
  channels: usize,
  limit: f32,
): void {
  const row = channels * FLOAT;
  const whole = wholeVectors(row);
  for (let image: usize = 0; image < images; image++) {
    for (let pixel: usize = 0; pixel < pixels; pixel++) {
      const added = noise === 0 ? f32x4.splat(0) : v128.load_splat<f32>(noise + pixel * FLOAT);
      let c: usize = 0;
      for (; c < whole; c += VECTOR) {
        v128.store(out + c, activated(v128.load(y + c), v128.load(factors + c), v128.load(bias + c), added, limit));
      }
      for (; c < row; c += FLOAT) {
        storeOne(out + c, activated(loadOne(y + c), loadOne(factors + c), loadOne(bias + c), added, limit));
      }
      y += row;
      out += row;
    }
    factors += row;
    noise += noiseStep;
  }
}

function activated(y: v128, factor: v128, bias: v128, noise: v128, limit: f32): v128 {
  const x = f32x4.add(f32x4.add(f32x4.mul(y, factor), bias), noise);
  // "Pseudo" minima and maxima are one instruction each; with NaN as their first argument, they let it through.
  const leaky = f32x4.pmax(x, f32x4.mul(x, f32x4.splat(LEAK)));
  return f32x4.pmax(f32x4.pmin(leaky, f32x4.splat(limit)), f32x4.splat(-limit));
}

/**
 * result = dy · slope · factors, where the slope at `out` is 1 where it rises, a fifth where it leaks, 0 where it was clamped.
 *
 * @param factors [images, channels]; 0: none
 */
export function activateGradient(
  dy: usize,
  out: usize,
  factors: usize,
  result: usize,
  images: usize,
  pixels: usize,
  channels: usize,
  limit: f32,
): void {
  const row = channels * FLOAT;
  const whole = wholeVectors(row);
  const plain = factors === 0;
  for (let image: usize = 0; image < images; image++) {
    for (let pixel: usize = 0; pixel < pixels; pixel++) {
      let c: usize = 0;
      for (; c < whole; c += VECTOR) {
        const gradient = sloped(v128.load(dy + c), v128.load(out + c), limit);
        v128.store(result + c, plain ? gradient : f32x4.mul(gradient, v128.load(factors + c)));
      }
      for (; c < row; c += FLOAT) {
        const gradient = sloped(loadOne(dy + c), loadOne(out + c), limit);
        storeOne(result + c, plain ? gradient : f32x4.mul(gradient, loadOne(factors + c)));
      }
      dy += row;
      out += row;
      result += row;
    }
    factors += plain ? 0 : row;
  }
}

function sloped(dy: v128, out: v128, limit: f32): v128 {
  const slope = v128.bitselect(f32x4.splat(1), f32x4.splat(LEAK), f32x4.gt(out, f32x4.splat(0)));
  const inside = f32x4.lt(f32x4.abs(out), f32x4.splat(limit));
  return f32x4.mul(dy, limit === Infinity ? slope : v128.and(slope, inside));
}
