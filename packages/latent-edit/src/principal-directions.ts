import { checkNumber, checkOptions } from "@latentflow/core";
import { EigenvalueDecomposition, Matrix as MlMatrix } from "ml-matrix";
import { addOuterProducts } from "./cholesky.js";
import { LatentEditError } from "./errors.js";
import { columnMeans, type Matrix, type MatrixLike, norm, rowOf, subtractRow, toMatrix } from "./matrix.js";

/** Directions found without labels, strongest first. */
export interface PrincipalDirections {
  /** Unit vectors, each [d]. Their sign is free: here the largest entry is positive. */
  readonly directions: Float64Array[];
  /** GANSpace: standard deviation of the codes along each. SeFa: singular value. */
  readonly strengths: Float64Array;
  /** GANSpace: mean of the codes. SeFa: zeros. */
  readonly mean: Float64Array;
}

/**
 * GANSpace (Härkönen et al., NeurIPS 2020) in W: the principal components of sampled codes.
 *
 * @param codes [n, d], n ≥ 2
 * @param options.components how many (default all d)
 */
export function ganSpace(codes: MatrixLike, options: { components?: number } = {}): PrincipalDirections {
  const matrix = toMatrix("ganSpace", "codes", codes);
  const components = checkComponents("ganSpace", matrix, options);
  if (matrix.rows < 2) throw new LatentEditError("ganSpace: expected 2 codes or more, got 1.");
  const mean = columnMeans(matrix);
  subtractRow(matrix, mean);
  const { directions, eigenvalues } = gramEigenvectors(matrix, components);
  return { directions, strengths: eigenvalues.map((x) => Math.sqrt(x / (matrix.rows - 1))), mean };
}

/**
 * SeFa (Shen & Zhou, CVPR 2021): the directions that the generator's style layers amplify most, the right singular vectors of their stacked weights.
 *
 * @param weights one [out, d] matrix a layer (the modulation weights of the layers to edit)
 * @param options.normalize scale every row to length 1 first, as the authors' code does (default true)
 */
export function seFa(
  weights: readonly MatrixLike[],
  options: { components?: number; normalize?: boolean } = {},
): PrincipalDirections {
  if (weights.length === 0) throw new LatentEditError("seFa: expected the weights of one layer or more, got none.");
  const layers = weights.map((layer) => toMatrix("seFa", "weights", layer));
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
  const components = checkComponents("seFa", stacked, options);
  if (options.normalize ?? true) {
    for (let i = 0; i < rows; i++) {
      const row = rowOf(stacked, i);
      const length = norm(row) || 1;
      for (let k = 0; k < columns; k++) row[k]! /= length;
    }
  }
  const { directions, eigenvalues } = gramEigenvectors(stacked, components);
  return { directions, strengths: eigenvalues.map(Math.sqrt), mean: new Float64Array(columns) };
}

function checkComponents(caller: string, matrix: Matrix, options: { components?: number; normalize?: boolean }): number {
  checkOptions(caller, options, caller === "seFa" ? ["components", "normalize"] : ["components"], LatentEditError);
  const limits = { min: 1, max: matrix.columns, integer: true };
  return checkNumber(caller, "components", options.components ?? matrix.columns, limits, LatentEditError);
}

/** The first eigenvectors of XᵀX with their eigenvalues, largest first. */
function gramEigenvectors(matrix: Matrix, components: number): { directions: Float64Array[]; eigenvalues: Float64Array } {
  const d = matrix.columns;
  const gram = new Float64Array(d * d);
  addOuterProducts(gram, d, matrix.data, 1);
  const symmetric = new MlMatrix(d, d);
  for (let i = 0; i < d; i++) for (let j = 0; j <= i; j++) symmetric.set(i, j, gram[i * d + j]!).set(j, i, gram[i * d + j]!);
  const decomposition = new EigenvalueDecomposition(symmetric, { assumeSymmetric: true });
  const order = decomposition.realEigenvalues.map((value, i) => ({ value: Math.max(0, value), i }));
  order.sort((a, b) => b.value - a.value);
  const chosen = order.slice(0, components);
  const directions = chosen.map(({ i }) => positive(Float64Array.from(decomposition.eigenvectorMatrix.getColumn(i))));
  return { directions, eigenvalues: Float64Array.from(chosen, ({ value }) => value) };
}

function positive(vector: Float64Array): Float64Array {
  const largest = vector.reduce((best, x) => (Math.abs(x) > Math.abs(best) ? x : best), 0);
  return largest < 0 ? vector.map((x) => -x) : vector;
}
