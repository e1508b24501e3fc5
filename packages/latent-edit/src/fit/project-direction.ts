import {
  type DeclaredOptions,
  type GivenOptions,
  type Matrix,
  type MatrixLike,
  type Numbers,
  readOptions,
} from "@latentflow/core";
import { norm } from "@latentflow/core/linear-algebra";
import { LatentEditError } from "../errors.js";
import { toMatrix } from "../input/matrix.js";
import { dot, rowOf, unit } from "../linear-algebra/rows.js";

const PROJECT = {
  /** Below which a unit vector's remainder counts as 0 (default 1e-6). */
  tolerance: { default: 1e-6, above: 0, max: 1 },
} as const satisfies DeclaredOptions;

export interface ProjectedDirection {
  /** Unit vector, orthogonal to every condition. */
  readonly direction: Float64Array;
  /** What was left of the unit primal direction, in (0, 1]: near 0, the edit has little of its own. */
  readonly residual: number;
  /** Dimension of the span of the conditions, as the tolerance saw it. */
  readonly rank: number;
}

/**
 * InterFaceGAN's conditional manipulation: the part of `primal` orthogonal to the span of any number of conditions, so that an edit leaves their
 * scores alone. Conditions are orthonormalised first (Gram and Schmidt, twice for stability); dependent ones fall out by a rank tolerance.
 *
 * @param primal direction to edit along, [d]; any length
 * @param conditions directions to leave alone, each [d]: a list of vectors, or a matrix [conditions, d] in any form
 * @throws LatentEditError when the primal lies in the span of the conditions: no such edit exists
 */
export function projectDirection(
  primal: Numbers,
  conditions: MatrixLike,
  options: GivenOptions<typeof PROJECT> = {},
): ProjectedDirection {
  const { tolerance } = readOptions("projectDirection", PROJECT, options, LatentEditError);
  const others = Array.isArray(conditions) ? conditions : rowsOf(toMatrix("projectDirection", "conditions", conditions));
  const { data, rows, columns } = toMatrix("projectDirection", "primal and conditions", [primal, ...others]);
  if (norm(data.subarray(0, columns)) === 0) {
    throw new LatentEditError(`projectDirection: expected a primal direction other than 0, got ${columns} zeros.`);
  }
  const basis: Float64Array[] = [];
  for (let i = 1; i < rows; i++) {
    const { remainder, length } = reject(data.subarray(i * columns, (i + 1) * columns), basis);
    if (length > tolerance) basis.push(remainder.map((x) => x / length));
  }
  const { remainder, length: residual } = reject(data.subarray(0, columns), basis);
  if (residual <= tolerance) {
    throw new LatentEditError(
      `projectDirection: expected a direction outside the span of its ${rows - 1} conditions, got a remainder of ${residual.toExponential(1)}; leave a condition out.`,
    );
  }
  return { direction: remainder.map((x) => x / residual), residual, rank: basis.length };
}

function rowsOf(matrix: Matrix): Float64Array[] {
  return Array.from({ length: matrix.rows }, (_, i) => rowOf(matrix, i));
}

/** The part of the unit vector along `vector` that is orthogonal to the basis, and its length. */
function reject(vector: Float64Array, basis: readonly Float64Array[]): { remainder: Float64Array; length: number } {
  const remainder = unit(vector);
  for (let pass = 0; pass < 2; pass++) {
    for (const axis of basis) {
      const share = dot(remainder, axis);
      for (let k = 0; k < remainder.length; k++) remainder[k]! -= share * axis[k]!;
    }
  }
  return { remainder, length: norm(remainder) };
}
