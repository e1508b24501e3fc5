import { type DeclaredOptions, describeValue, type GivenOptions } from "@latentflow/core";
import { MetricsError } from "../errors.js";
import { readOptions, SHARE } from "../input/checks.js";
import { type Matrix, type MatrixLike, toMatrix } from "../input/matrix.js";
import { choleskyFactor, solveLower } from "../linear-algebra/cholesky.js";
import { percentileOf } from "../statistics/percentiles.js";
import { shrunkCovariance } from "../statistics/shrunk-covariance.js";

const REGION = {
  /** Share of the codes within the region (default 0.99). */
  share: { default: 0.99, ...SHARE },
  /**
   * Slope, below 0, of the leaky ReLU in which the mapping network ends that makes the codes, 0.2 in StyleGAN2: distances are then taken before it, where
   * codes lie about as a Gaussian does. Default 1: codes as they are.
   */
  slope: {
    default: 1,
    is: (value: unknown): value is number => typeof value === "number" && value > 0 && value <= 1,
    expected: "above 0 and at most 1",
  },
} as const satisfies DeclaredOptions;

export interface CodeRegionOptions extends GivenOptions<typeof REGION> {}

/** Where a generator's codes live: an ellipsoid around their mean. Plain numbers, to be kept or used in a loss. */
export interface CodeRegion {
  readonly slope: number;
  /** [d], before the leaky ReLU. */
  readonly mean: Float64Array;
  /** Lower triangular L with covariance L Lᵀ, [d, d], row by row. */
  readonly factor: Float64Array;
  /** How much of a multiple of the identity is mixed into the covariance (Ledoit and Wolf, 2004), in [0, 1]. */
  readonly shrinkage: number;
  /** The distance within which `share` of the codes lie. */
  readonly threshold: number;
}

/**
 * The region of a generator's codes: their mean and (shrunk) covariance before the mapping network's last leaky ReLU, and the Mahalanobis distance
 * within which 99 % of these codes lie.
 *
 * @param codes [n, d], several times as many as they have dimensions
 * @throws MetricsError for fewer than 2 codes, or codes that are all the same
 */
export function codeRegion(codes: MatrixLike, options: CodeRegionOptions = {}): CodeRegion {
  const { share, slope } = readOptions("codeRegion", REGION, options);
  const matrix = toMatrix("codeRegion", "codes", codes);
  const { data, rows, columns } = matrix;
  const before = beforeLeakyRelu(data, slope);
  const { mean, covariance, shrinkage } = shrunkCovariance(before, rows, columns);
  const factor = choleskyFactor(covariance, columns);
  if (rows < 2 || factor === null)
    throw new MetricsError(
      `codeRegion: expected 2 codes or more that differ in every way, got ${rows} in ${columns} dimensions.`,
    );
  const region = { slope, mean, factor, shrinkage };
  const distances = distancesFrom(region, matrix);
  return { ...region, threshold: percentileOf(Float64Array.from(distances).sort(), share) };
}

/**
 * Mahalanobis distances of codes from the centre of a region: beyond `region.threshold` lies 1 − `share` of the codes that it was made of.
 *
 * @param codes [n, d]
 * @returns [n]
 */
export function codeDistances(region: CodeRegion, codes: MatrixLike): Float64Array {
  const { mean, factor } = (region ?? {}) as Partial<CodeRegion>;
  if (mean === undefined || factor?.length !== mean.length ** 2)
    throw new MetricsError(`codeDistances: expected a region that codeRegion() gave, got ${describeValue(region)}.`);
  const matrix = toMatrix("codeDistances", "codes", codes);
  if (matrix.columns !== mean.length)
    throw new MetricsError(`codeDistances: expected codes [n, ${mean.length}], as the region's are, got [n, ${matrix.columns}].`);
  return distancesFrom(region, matrix);
}

function distancesFrom({ slope, mean, factor }: Omit<CodeRegion, "threshold">, { data, rows, columns }: Matrix): Float64Array {
  const before = beforeLeakyRelu(data, slope);
  return Float64Array.from({ length: rows }, (_, i) => {
    const row = before.subarray(i * columns, (i + 1) * columns);
    for (let j = 0; j < columns; j++) row[j]! -= mean[j]!;
    solveLower(factor, columns, row);
    return Math.sqrt(row.reduce((sum, x) => sum + x * x, 0));
  });
}

/** The inverse of a leaky ReLU, number by number. A gain behind it, as StyleGAN2's √2, changes no Mahalanobis distance. */
function beforeLeakyRelu(values: Float64Array, slope: number): Float64Array {
  return values.map((x) => (x < 0 ? x / slope : x));
}
