import { MetricsError } from "./errors.js";

/** Points of many paths, `data[(time · samples + sample) · dimension + i]`: the layout of a direction's flow at many times. */
export interface Paths {
  readonly data: ArrayLike<number>;
  readonly shape: readonly [times: number, samples: number, dimension: number];
}

/**
 * Straightness of each path: chord over arc, 1 for a straight line, towards 0 for one that turns back. The arc is the polygon through the
 * given points, so many times give a better answer than few. NaN for a path that never moves.
 *
 * @returns one number a sample
 */
export function pathStraightness(paths: Paths): Float64Array {
  const { data, shape } = paths;
  const [times, samples, dimension] = shape;
  if (times < 2 || data.length !== times * samples * dimension) {
    throw new MetricsError(`pathStraightness: expected 2 times or more and [${shape.join(", ")}] numbers, got ${data.length}.`);
  }
  const distance = (sample: number, from: number, to: number) => {
    let sum = 0;
    for (let i = 0; i < dimension; i++) {
      sum += (data[(to * samples + sample) * dimension + i]! - data[(from * samples + sample) * dimension + i]!) ** 2;
    }
    return Math.sqrt(sum);
  };
  return Float64Array.from({ length: samples }, (_, sample) => {
    let arc = 0;
    for (let t = 1; t < times; t++) arc += distance(sample, t - 1, t);
    return distance(sample, 0, times - 1) / arc;
  });
}
