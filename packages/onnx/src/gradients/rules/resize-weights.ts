import { floatOf, intOf, intsOf, stringOf } from "../../graph/attributes.js";
import type { GradientContext } from "../context.js";

/** How Resize samples one axis. */
export interface Sampling {
  readonly mode: "nearest" | "linear" | "cubic";
  readonly coordinates: string;
  readonly nearestMode: string;
  /** Filters widen when the axis shrinks. */
  readonly antialias: boolean;
  /** Neighbours beyond the borders count nothing, and the rest is scaled to a sum of 1; else they repeat the border's pixel. */
  readonly excludeOutside: boolean;
  /** Keys' coefficient of the cubic filter. */
  readonly cubic: number;
  /** The scale that the node gives, which need not be the ratio of the sizes. */
  readonly scale: number | undefined;
}

const COORDINATES = ["half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "asymmetric", "align_corners"];

/** @throws OnnxError for a way of sampling that is not known, or depends on data (a region of interest) */
export function samplingOf(context: GradientContext, axis: number): Sampling {
  const { node } = context;
  const mode = stringOf(node, "mode", "nearest");
  if (mode !== "nearest" && mode !== "linear" && mode !== "cubic")
    throw context.error(`Resize with mode nearest, linear or cubic, got ${mode}`);
  const coordinates = stringOf(node, "coordinate_transformation_mode", "half_pixel");
  if (!COORDINATES.includes(coordinates))
    throw context.error(`a coordinate_transformation_mode among ${COORDINATES.join(", ")}, got ${coordinates}`);
  const antialias = mode !== "nearest" && intOf(node, "antialias", 0) === 1;
  return {
    mode,
    coordinates,
    nearestMode: stringOf(node, "nearest_mode", "round_prefer_floor"),
    antialias,
    excludeOutside: (mode === "cubic" || antialias) && intOf(node, "exclude_outside", 0) === 1,
    cubic: floatOf(node, "cubic_coeff_a", -0.75),
    scale: scaleOf(context, axis),
  };
}

function scaleOf(context: GradientContext, axis: number): number | undefined {
  const scales = context.constantInput(2);
  if (context.input(3) !== "" || !scales?.length) return undefined;
  const axes = intsOf(context.node, "axes");
  return axes ? scales[axes.findIndex((given) => context.positiveAxis(given, context.input(0)) === axis)] : scales[axis];
}

/** The matrix [output, input] that resamples one axis. */
export function samplingMatrix(sampling: Sampling, input: number, output: number): Float32Array {
  const weights = new Float32Array(output * input);
  const clamp = (i: number) => Math.min(Math.max(i, 0), input - 1);
  for (let o = 0; o < output; o++) {
    const at = coordinate(sampling, o, input, output);
    if (sampling.mode === "nearest") {
      weights[o * input + clamp(nearest(sampling, at))]! += 1;
      continue;
    }
    const taps = tapsAt(sampling, at, sampling.antialias ? Math.min(sampling.scale ?? output / input, 1) : 1).filter(
      ([i]) => !sampling.excludeOutside || (i >= 0 && i < input),
    );
    const sum = sampling.antialias || sampling.excludeOutside ? taps.reduce((total, [, weight]) => total + weight, 0) : 1;
    for (const [i, weight] of taps) weights[o * input + clamp(i)]! += weight / sum;
  }
  return weights;
}

/** The input pixels that a filter of width 1 / scale, centred at `at`, meets, with its weights there. */
function tapsAt({ mode, cubic }: Sampling, at: number, scale: number): [number, number][] {
  const reach = (mode === "linear" ? 1 : 2) / scale;
  const filter = mode === "linear" ? (x: number) => Math.max(1 - Math.abs(x), 0) : (x: number) => keys(x, cubic);
  const taps: [number, number][] = [];
  for (let i = Math.ceil(at - reach); i <= at + reach; i++) taps.push([i, filter((i - at) * scale)]);
  return taps;
}

/** Keys' cubic convolution kernel. */
function keys(x: number, a: number): number {
  const t = Math.abs(x);
  if (t <= 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  return t < 2 ? ((a * t - 5 * a) * t + 8 * a) * t - 4 * a : 0;
}

/** Where pixel o of the output lies in the input: in float32, as runtimes compute it, because a nearest neighbour may hang on the last bit. */
function coordinate(sampling: Sampling, o: number, input: number, output: number): number {
  const float = Math.fround;
  const scale = sampling.scale ?? float(output / input);
  const halfPixel = (offset: number) => float(float(offset + float((o + 0.5) / scale)) - 0.5);
  switch (sampling.coordinates) {
    case "half_pixel_symmetric": {
      const adjusted = float(output / float(scale * input));
      const offset = float((input / 2) * float(1 - adjusted));
      return halfPixel(offset);
    }
    case "pytorch_half_pixel":
      return output > 1 ? halfPixel(0) : 0;
    case "asymmetric":
      return float(o / scale);
    case "align_corners":
      return output > 1 ? float((o * (input - 1)) / (output - 1)) : 0;
    default:
      return halfPixel(0);
  }
}

function nearest({ nearestMode }: Sampling, at: number): number {
  switch (nearestMode) {
    case "floor":
      return Math.floor(at);
    case "ceil":
      return Math.ceil(at);
    case "round_prefer_ceil":
      return Math.floor(at + 0.5);
    default:
      return Math.ceil(at - 0.5);
  }
}
