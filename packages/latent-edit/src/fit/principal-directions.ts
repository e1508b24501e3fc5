import {
  checkNumber,
  type DeclaredOptions,
  describeValue,
  type GivenOptions,
  type Matrix,
  type MatrixLike,
  readOptions,
} from "@latentflow/core";
import { EigenvalueDecomposition, Matrix as MlMatrix } from "ml-matrix";
import { ROWS } from "../directions/rows.js";
import { LatentEditError } from "../errors.js";
import { type Codes, toCodeTable } from "../input/codes.js";
import { toMatrix } from "../input/matrix.js";
import { addOuterProducts } from "../linear-algebra/cholesky.js";
import { columnMeans, rowOf, scaleOf, subtractRow, unit } from "../linear-algebra/rows.js";
import { meanOfRows } from "./mean-of-rows.js";

/** Directions found without labels, strongest first. */
export interface PrincipalDirections {
  /** Unit vectors, each [d]. Their sign is free: here the largest entry is positive. */
  readonly directions: Float64Array[];
  /** GANSpace: standard deviation of the codes along each. SeFa: singular value. */
  readonly strengths: Float64Array;
  /** GANSpace: mean of the codes. SeFa: zeros. */
  readonly mean: Float64Array;
}

const COMPONENTS = { optional: true, min: 1, integer: true } as const;

const GANSPACE = {
  /** How many (default all d). */
  components: COMPONENTS,
  /** Rows of W+ codes, as a range [from, to] or a list { only } (default all). */
  rows: { ...ROWS, optional: true },
} as const satisfies DeclaredOptions;

const SEFA = {
  /** How many (default all d). */
  components: COMPONENTS,
  /** Scale every row to length 1 first, as the authors' code does (default true). */
  normalize: { default: true },
} as const satisfies DeclaredOptions;

/**
 * GANSpace (Härkönen et al., NeurIPS 2020) in W: the principal components of sampled codes; of W+ codes, those of the mean over the rows to be moved.
 *
 * @param codes [n, d] or [n, rowCount, d], n ≥ 2
 * @throws LatentEditError when all codes are the same: there is no direction in them
 */
export function ganSpace(codes: Codes, options: GivenOptions<typeof GANSPACE> = {}): PrincipalDirections {
  const settings = readOptions("ganSpace", GANSPACE, options, LatentEditError);
  const points = meanOfRows("ganSpace", toCodeTable("ganSpace", codes), settings.rows);
  const components = componentsOf("ganSpace", points, settings);
  if (points.rows < 2) throw new LatentEditError("ganSpace: expected 2 codes or more, got 1.");
  const mean = columnMeans(points);
  subtractRow(points, mean);
  const { directions, singularValues } = rightSingularVectors("ganSpace", "codes that differ", points, components);
  return { directions, strengths: singularValues.map((x) => x / Math.sqrt(points.rows - 1)), mean };
}

/**
 * SeFa (Shen & Zhou, CVPR 2021): the directions that the generator's style layers amplify most, the right singular vectors of their stacked weights.
 *
 * @param weights one [out, d] matrix a layer (the modulation weights of the layers to edit)
 */
export function seFa(weights: readonly MatrixLike[], options: GivenOptions<typeof SEFA> = {}): PrincipalDirections {
  const settings = readOptions("seFa", SEFA, options, LatentEditError);
  if (!Array.isArray(weights) || weights.length === 0) {
    const got = Array.isArray(weights) ? "none" : describeValue(weights);
    throw new LatentEditError(`seFa: expected a list of the weights of one layer or more, got ${got}.`);
  }
  const layers = (weights as readonly MatrixLike[]).map((layer) => toMatrix("seFa", "weights", layer));
  const columns = layers[0]!.columns;
  if (layers.some((layer) => layer.columns !== columns)) {
    throw new LatentEditError(
      `seFa: expected layers of one width, got ${layers.map((layer) => layer.columns).join(", ")} columns.`,
    );
  }
  const rows = layers.reduce((sum, layer) => sum + layer.rows, 0);
  const stacked: Matrix = { data: new Float64Array(rows * columns), rows, columns };
  let offset = 0;
  for (const layer of layers) {
    stacked.data.set(layer.data, offset);
    offset += layer.data.length;
  }
  const components = componentsOf("seFa", stacked, settings);
  if (settings.normalize) {
    for (let i = 0; i < rows; i++) {
      stacked.data.set(unit(rowOf(stacked, i)), i * columns);
    }
  }
  const { directions, singularValues } = rightSingularVectors("seFa", "weights other than 0", stacked, components);
  return { directions, strengths: singularValues, mean: new Float64Array(columns) };
}

function componentsOf(caller: string, { columns }: Matrix, settings: { readonly components: number | undefined }): number {
  return checkNumber(caller, "components", settings.components ?? columns, { ...COMPONENTS, max: columns }, LatentEditError);
}

/** The first right singular vectors of X, by the eigenvectors of XᵀX, largest singular value first. X is overwritten. */
function rightSingularVectors(
  caller: string,
  expected: string,
  matrix: Matrix,
  components: number,
): { directions: Float64Array[]; singularValues: Float64Array } {
  const d = matrix.columns;
  // By a power of two, which rounds nothing, so that squares of numbers of any size are numbers.
  const scale = scaleOf(matrix);
  for (let i = 0; i < matrix.data.length; i++) matrix.data[i]! /= scale;
  if (matrix.data.every((x) => x === 0))
    throw new LatentEditError(`${caller}: expected ${expected}; there is no direction in these.`);
  const gram = new Float64Array(d * d);
  addOuterProducts(gram, d, matrix.data, 1);
  const symmetric = new MlMatrix(d, d);
  for (let i = 0; i < d; i++) for (let j = 0; j <= i; j++) symmetric.set(i, j, gram[i * d + j]!).set(j, i, gram[i * d + j]!);
  const decomposition = new EigenvalueDecomposition(symmetric, { assumeSymmetric: true });
  const order = decomposition.realEigenvalues.map((value, i) => ({ value: Math.max(0, value), i }));
  order.sort((a, b) => b.value - a.value);
  const chosen = order.slice(0, components);
  const directions = chosen.map(({ i }) => positive(Float64Array.from(decomposition.eigenvectorMatrix.getColumn(i))));
  return { directions, singularValues: Float64Array.from(chosen, ({ value }) => scale * Math.sqrt(value)) };
}

function positive(vector: Float64Array): Float64Array {
  const largest = vector.reduce((best, x) => (Math.abs(x) > Math.abs(best) ? x : best), 0);
  return largest < 0 ? vector.map((x) => -x) : vector;
}
