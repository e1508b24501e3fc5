import { checkChoice, checkNumber, checkOptions, checkRequired, describeValue } from "@latentflow/core";
import { ModelsError } from "../errors.js";
import type { Operations } from "../operations/operations.js";
import { RESIZE_METHODS, type ResizeMethod } from "../operations/resize-images.js";

/**
 * What happens to images of about [-1, 1] before a network sees them, in this order, each step where it is given. It is part of the model: saved with its
 * weights, written into its graph, and gradients go through it.
 */
export interface Preprocessing {
  /** Values are brought into this range. */
  readonly clamp?: readonly [low: number, high: number];
  /** Images of another size are brought to `side` × `side` pixels. */
  readonly resize?: { readonly side: number; readonly method: ResizeMethod };
  /** x · scale (default 1) + shift (default 0): ½ and ½ for [0, 1]. */
  readonly scale?: number;
  readonly shift?: number;
  /** Then (x − mean) / deviation of red, green and blue. */
  readonly mean?: Colour;
  readonly deviation?: Colour;
}

type Colour = readonly [red: number, green: number, blue: number];

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

/** @throws ModelsError for steps that are unknown or can't be */
export function checkPreprocessing(caller: string, steps: unknown): Preprocessing {
  const what = `${caller}: the preprocessing`;
  if (typeof steps !== "object" || steps === null || Array.isArray(steps))
    throw new ModelsError(
      `${caller}: expected preprocessing { clamp, resize, scale, shift, mean, deviation }, got ${describeValue(steps)}.`,
    );
  checkOptions(what, steps, ["clamp", "resize", "scale", "shift", "mean", "deviation"], ModelsError);
  const { clamp, resize, scale, shift, mean, deviation } = steps as Partial<Preprocessing>;
  if (clamp !== undefined && !(isNumbers(clamp, 2) && clamp[0] < clamp[1]))
    throw new ModelsError(`${what}: expected clamp [low, high], got ${describeValue(clamp)}.`);
  if (resize !== undefined) {
    checkRequired(`${what}'s resize`, resize, ["side", "method"], ModelsError);
    checkOptions(`${what}'s resize`, resize, ["side", "method"], ModelsError);
    checkNumber(what, "the side of resize", resize.side, { integer: true, min: 1, max: 4096 }, ModelsError);
    checkChoice(what, "the method of resize", resize.method, RESIZE_METHODS, ModelsError);
  }
  for (const [name, value] of Object.entries({ scale, shift }))
    if (value !== undefined) checkNumber(what, name, value, {}, ModelsError);
  for (const [name, value] of Object.entries({ mean, deviation }))
    if (value !== undefined && !(isNumbers(value, 3) && (name === "mean" || value.every((x) => x > 0))))
      throw new ModelsError(`${what}: expected ${name} to be three numbers, red, green and blue, got ${describeValue(value)}.`);
  return steps as Preprocessing;
}

function isNumbers(value: unknown, count: number): boolean {
  return Array.isArray(value) && value.length === count && value.every((x) => typeof x === "number" && Number.isFinite(x));
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
