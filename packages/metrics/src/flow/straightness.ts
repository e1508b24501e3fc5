import { checkTensor, describeValue, isTensor, type Tensor } from "@latentflow/core";
import { norm } from "@latentflow/core/linear-algebra";
import { MetricsError } from "../errors.js";
import { type Numbers, toFinite } from "../input/checks.js";

/** Points of many paths: a tensor [times, samples, dimension], or its numbers, `data[(time · samples + sample) · dimension + i]`: the layout of a direction's flow at many times. */
export type Paths = Tensor | PathNumbers;

interface PathNumbers {
  readonly data: Numbers;
  readonly shape: readonly [times: number, samples: number, dimension: number];
}

/**
 * Straightness of each path: chord over arc, 1 for a straight line, towards 0 for one that turns back. The arc is the polygon through the
 * given points, so many times give a better answer than few. NaN for a path that never moves.
 *
 * @returns one number a sample
 */
export function pathStraightness(paths: Paths): Float64Array {
  if (isTensor(paths)) checkTensor("pathStraightness", "paths", paths, "a tensor [times, samples, dimension]", MetricsError);
  const given = isTensor(paths) ? { data: paths.dataSync(), shape: paths.shape } : paths;
  const { shape } = (given ?? {}) as Partial<PathNumbers>;
  const isShape = Array.isArray(shape) && shape.length === 3 && shape.every((x) => Number.isInteger(x) && x >= 0);
  if (!isShape) {
    throw new MetricsError(
      `pathStraightness: expected a tensor [times, samples, dimension], or { data, shape } of one, got ${describeValue(paths)}.`,
    );
  }
  const data = toFinite("pathStraightness", "data", given.data);
  const [times, samples, dimension] = shape as PathNumbers["shape"];
  if (times < 2 || data.length !== times * samples * dimension) {
    throw new MetricsError(`pathStraightness: expected 2 times or more and [${shape.join(", ")}] numbers, got ${data.length}.`);
  }
  const step = new Float64Array(dimension);
  const distance = (sample: number, from: number, to: number) => {
    const [start, end] = [(from * samples + sample) * dimension, (to * samples + sample) * dimension];
    for (let i = 0; i < dimension; i++) step[i] = data[end + i]! - data[start + i]!;
    return norm(step);
  };
  return Float64Array.from({ length: samples }, (_, sample) => {
    let arc = 0;
    for (let t = 1; t < times; t++) arc += distance(sample, t - 1, t);
    return distance(sample, 0, times - 1) / arc;
  });
}
