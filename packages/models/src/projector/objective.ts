import { add, matMul, mul, square, sum, type Tensor, type Tensor2D, type Tensor4D, tidy, transpose } from "@tensorflow/tfjs-core";
import { ModelsError } from "../errors.js";

/** How far images of codes are from their targets, and which way is nearer. Whoever receives a tensor disposes it. */
export interface Evaluation {
  /** One an image. */
  readonly distances: Float32Array;
  /** Of the sum of the distances with respect to w, in its shape. */
  readonly gradient: Tensor;
  /** With respect to each noise map that was given. */
  readonly noiseGradients: readonly Tensor[];
}

/** The frozen part of a projection: generator, then distance from the targets. */
export interface Objective {
  /** What runs it, for people. */
  readonly engine: "onnx" | "tfjs" | "model";
  /**
   * @param w [n, d] or [n, rows, d]
   * @param noise maps [n, side, side, 1], one a layer; none: the generator's own
   */
  evaluate(w: Tensor, noise: readonly Tensor[]): Promise<Evaluation>;
  /**
   * Distances of the images of other codes from each target, [m, targets] row by row.
   *
   * @param w [m, d]
   */
  distancesToAll(w: Tensor, noise: readonly Tensor[]): Promise<Float32Array>;
  /** [n, height, width, 3] */
  synthesize(w: Tensor, noise: readonly Tensor[]): Promise<Tensor4D>;
  dispose(): void | Promise<void>;
}

/** Largest side at which images are compared: larger ones are averaged down first, as StyleGAN2's projector does. */
const LARGEST_SIDE = 256;

/** By which whole number the sides of images are divided before they are compared. */
export function shrinkFactor(height: number, width: number): number {
  return Math.max(1, Math.floor(Math.max(height, width) / LARGEST_SIDE));
}

/** Throws unless the generator's images have the size of the targets; what is not known is taken for right. */
export function checkSize(targets: readonly unknown[], images: readonly unknown[]): void {
  const differs = [0, 1].some((i) => typeof images[i] === "number" && images[i] !== targets[i]);
  if (!differs) return;
  throw new ModelsError(
    `project: expected images of ${images[1]} × ${images[0]} pixels, the generator's size, got ${targets[1]} × ${targets[0]}. Crop and resize them first.`,
  );
}

/** Squared distances of rows from others, [m, f] and [n, f] → [m, n]. */
export async function squaredDistances(rows: Tensor2D, others: Tensor2D): Promise<Float32Array> {
  const result = tidy(() => {
    const squares = add(sum(square(rows), 1, true), transpose(sum(square(others), 1, true)));
    return add(squares, mul(matMul(rows, others, false, true), -2));
  });
  const values = (await result.data()) as Float32Array;
  result.dispose();
  return values;
}
