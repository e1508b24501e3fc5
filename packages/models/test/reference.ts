import type { Rank, Tensor } from "@tensorflow/tfjs-core";
import { concat, tensor } from "@tensorflow/tfjs-core";
import { expect } from "vitest";
import reference from "./reference/models.json" with { type: "json" };
import { seededNormals } from "./seeded-weights.js";

/** What PyTorch found: elements at 40 places, the norm and the largest absolute value (tools/reference/make_models.py). */
export interface Summary {
  readonly values: readonly number[];
  readonly norm: number;
  readonly largest: number;
}

export interface GeneratorCase {
  readonly arguments: {
    readonly channels: readonly number[];
    readonly latent?: number;
    readonly z?: number;
    readonly mapping?: number;
    readonly family?: string;
    readonly clamp?: number;
  };
  readonly z: readonly [number, number];
  readonly plus: boolean;
  readonly w: Summary;
  readonly images: Summary;
  readonly gradient: Summary;
  readonly features?: Summary;
  readonly logits?: Summary;
  readonly "logit gradient"?: Summary;
}

export const generatorCases: Record<string, GeneratorCase> = reference.generators as never;
export const smallRegressor: Record<"features" | "logits" | "gradient", Summary> = reference["small regressor"];

/** A tensor of normal numbers that depend on `name` and the shape alone. */
export function seeded<R extends Rank = Rank>(name: string, shape: readonly number[]): Tensor<R> {
  return tensor(
    seededNormals(
      name,
      shape.reduce((a, b) => a * b, 1),
    ),
    shape as never,
  );
}

/** Largest difference from the reference, as a part of its largest absolute value (the norm's difference counts, too). */
function deviation(found: Tensor, { values, norm, largest }: Summary): number {
  const data = found.dataSync();
  let worst = 0;
  for (let i = 0; i < values.length; i++)
    worst = Math.max(worst, Math.abs(data[(i * 7919 + 13) % data.length]! - values[i]!) / largest);
  let squares = 0;
  for (const x of data) squares += x * x;
  return Math.max(worst, Math.abs(Math.sqrt(squares) / norm - 1));
}

/** Holds a tensor to the reference: within `tolerance` of the largest absolute value. */
export function expectClose(found: Tensor, summary: Summary, tolerance = 1e-3): void {
  expect(deviation(found, summary)).toBeLessThan(tolerance);
}

/** The logits of all heads side by side, [n, all classes]. */
export function joined(logits: readonly Tensor[]): Tensor {
  return concat(logits as Tensor[], 1);
}
