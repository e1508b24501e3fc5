import type { Matrix } from "@latentflow/core";
import "@latentflow/backend/gradients";
import {
  matMul,
  mean,
  mul,
  relu,
  reshape,
  type Scalar,
  square,
  sub,
  type Tensor,
  type Tensor2D,
  tensor2d,
  tidy,
} from "@tensorflow/tfjs-core";
import { addOuterProducts, factorCholesky } from "../linear-algebra/cholesky.js";
import { columnMeans } from "../linear-algebra/rows.js";

/** Of the mapping network's last leaky ReLU, in every StyleGAN2. */
const NEGATIVE_SLOPE = 0.2;

/** Added to the variances, as a share of their mean: fewer codes than dimensions have directions without any. */
const RIDGE = 1e-3;

/**
 * Where codes live: their mean and covariance, in the space before the mapping network's last leaky ReLU, in which StyleGAN2's are about normal;
 * in their own space where they are nearer to normal there, as those of generators without such a layer.
 */
export class CodeDensity {
  private constructor(
    /** 1: the codes' own space. */
    readonly negativeSlope: number,
    private readonly mean: Float32Array,
    /** L⁻ᵀ of the covariance LLᵀ, [d, d] row by row: rows times it have variance 1. */
    private readonly whitening: Float32Array,
  ) {}

  static fit(codes: Matrix): CodeDensity {
    const [own, before] = [codes, beforeLeakyRelu(codes)];
    const isNormalBefore = strangeness(before) < strangeness(own);
    const space = isNormalBefore ? before : own;
    const means = columnMeans(space);
    return new CodeDensity(isNormalBefore ? NEGATIVE_SLOPE : 1, Float32Array.from(means), whiteningOf(space, means));
  }

  /**
   * Squared Mahalanobis distance from the mean over d, about 1 for a code of the generator's: of each row of W+ codes by itself.
   *
   * @param codes [n, d] or [n, rowCount, d]
   * @returns [n, 1], or [n · rowCount, 1]
   */
  distance(codes: Tensor): Tensor2D {
    return tidy(() => {
      const d = this.mean.length;
      const w: Tensor2D = reshape(codes, [-1, d]);
      // x below 0 becomes x / slope.
      const space = sub(w, mul(relu(mul(w, -1)), 1 / this.negativeSlope - 1)) as Tensor2D;
      const white = matMul(sub(space, tensor2d(this.mean, [1, d])), tensor2d(this.whitening, [d, d]));
      return mean(square(white), 1, true) as Tensor2D;
    });
  }

  /** How much farther out ends lie than their starts: mean over the batch of the growth of `distance`, where it grows. */
  excess(ends: Tensor, starts: Tensor): Scalar {
    return tidy(() => mean(relu(sub(this.distance(ends), this.distance(starts)))) as Scalar);
  }
}

/** The codes as they were before a leaky ReLU. */
function beforeLeakyRelu({ data, rows, columns }: Matrix): Matrix {
  return { data: data.map((x) => (x < 0 ? x / NEGATIVE_SLOPE : x)), rows, columns };
}

/** How far the coordinates are from normal ones, whose skewness and excess kurtosis are 0: mean of the sizes of both. */
function strangeness(codes: Matrix): number {
  const { data, rows, columns } = codes;
  const means = columnMeans(codes);
  const moments = [2, 3, 4].map(() => new Float64Array(columns));
  for (let i = 0; i < data.length; i++) {
    const x = data[i]! - means[i % columns]!;
    moments.forEach((sums, k) => {
      sums[i % columns]! += x ** (k + 2) / rows;
    });
  }
  const [variance, third, fourth] = moments as [Float64Array, Float64Array, Float64Array];
  const each = Array.from(variance, (v, k) => {
    // A coordinate that never varies says nothing.
    return v === 0 ? 0 : Math.abs(third[k]! / v ** 1.5) + Math.abs(fourth[k]! / v ** 2 - 3);
  });
  return each.reduce((sum, x) => sum + x, 0) / columns;
}

/** L⁻ᵀ for the covariance LLᵀ of the codes. */
function whiteningOf({ data, rows, columns: d }: Matrix, means: Float64Array): Float32Array {
  const factor = new Float64Array(d * d);
  const centred = data.map((x, i) => x - means[i % d]!);
  addOuterProducts(factor, d, centred, 1 / rows);
  const trace = Array.from({ length: d }, (_, i) => factor[i * d + i]!).reduce((sum, x) => sum + x, 0);
  for (let i = 0; i < d; i++) factor[i * d + i]! += trace > 0 ? (RIDGE * trace) / d : 1;
  factorCholesky(factor, d);
  const inverse = new Float32Array(d * d);
  // Column c of L⁻¹, by forward substitution, is row c of its transpose.
  for (let c = 0; c < d; c++) {
    const column = new Float64Array(d);
    for (let i = c; i < d; i++) {
      let sum = i === c ? 1 : 0;
      for (let k = c; k < i; k++) sum -= factor[i * d + k]! * column[k]!;
      column[i] = sum / factor[i * d + i]!;
    }
    inverse.set(column, c * d);
  }
  return inverse;
}
