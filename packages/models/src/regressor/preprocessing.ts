import { type DeclaredOptions, describeValue, type GivenOptions } from "@latentflow/core";
import { ModelsError } from "../errors.js";
import type { Operations } from "../operations/operations.js";
import { RESIZE_METHODS, type ResizeMethod } from "../operations/resize-images.js";

type Colour = readonly [red: number, green: number, blue: number];

/** Steps in their order. */
export const PREPROCESSING = {
  /** Values are brought into this range. */
  clamp: { optional: true, check: checkRange },
  /** Images of another size are brought to `side` × `side` pixels. */
  resize: { optional: true, options: { side: { integer: true, min: 1, max: 4096 }, method: { choices: RESIZE_METHODS } } },
  /** x · scale (default 1) + shift (default 0): ½ and ½ for [0, 1]. */
  scale: { optional: true },
  shift: { optional: true },
  /** Then (x − mean) / deviation of red, green and blue. */
  mean: { optional: true, is: isColour, expected: "three numbers, red, green and blue" },
  deviation: { optional: true, is: isDeviation, expected: "three numbers > 0, red, green and blue" },
} as const satisfies DeclaredOptions;

/**
 * What happens to images of about [-1, 1] before a network sees them, in this order, each step where it is given. It is part of the model: saved with its
 * weights, written into its graph, and gradients go through it.
 */
export interface Preprocessing extends GivenOptions<typeof PREPROCESSING> {}

/** To [0, 1]. */
export const TO_UNIT: Preprocessing = { clamp: [-1, 1], scale: 0.5, shift: 0.5 };

/** What torchvision's networks were trained behind, at ImageNet's 224 pixels. */
export const imageNet = (method: ResizeMethod): Preprocessing => ({
  clamp: [-1, 1],
  resize: { side: 224, method },
  scale: 0.5,
  shift: 0.5,
  mean: [0.485, 0.456, 0.406],
  deviation: [0.229, 0.224, 0.225],
});

export function preprocess<X>(on: Operations<X>, images: X, steps: Preprocessing): X {
  const { clamp, resize, scale = 1, shift = 0, mean = [0, 0, 0], deviation = [1, 1, 1] } = steps;
  let x = images;
  if (clamp) x = on.clamp(x, ...clamp);
  if (resize) x = on.resize(x, resize.side, resize.method);
  // One multiplication and one addition for all that is linear.
  const gains = deviation.map((value) => scale / value);
  const shifts = deviation.map((value, c) => (shift - mean[c]!) / value);
  const isPlain = gains.every((gain) => gain === 1) && shifts.every((value) => value === 0);
  return isPlain ? x : on.scaleChannels(x, gains, shifts);
}

type Range = readonly [low: number, high: number];

function checkRange(caller: string, range: Range): Range {
  if (isNumbers(range, 2) && range[0]! < range[1]!) return range;
  throw new ModelsError(`${caller}: expected clamp [low, high] of the preprocessing, got ${describeValue(range)}.`);
}

function isNumbers(value: unknown, count: number): value is readonly number[] {
  return Array.isArray(value) && value.length === count && value.every((x) => typeof x === "number" && Number.isFinite(x));
}

function isColour(value: unknown): value is Colour {
  return isNumbers(value, 3);
}

function isDeviation(value: unknown): value is Colour {
  return isNumbers(value, 3) && value.every((x) => x > 0);
}

/** For people: "clamp to [-1, 1], nearest resize to 224 × 224, x · 0.5 + 0.5, minus [0.485, …], over [0.229, …]". */
export function describePreprocessing({ clamp, resize, scale = 1, shift = 0, mean, deviation }: Preprocessing): string {
  const steps = [
    clamp && `clamp to [${clamp.join(", ")}]`,
    resize && `${resize.method} resize to ${resize.side} × ${resize.side}`,
    (scale !== 1 || shift !== 0) && `x · ${scale} + ${shift}`,
    mean && `minus [${mean.join(", ")}]`,
    deviation && `over [${deviation.join(", ")}]`,
  ].filter(Boolean);
  return steps.join(", ") || "none";
}
