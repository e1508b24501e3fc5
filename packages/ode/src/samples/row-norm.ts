import { describeValue } from "@latentflow/core";
import { abs, add, concat, div, maximum, mean, mul, reshape, sqrt, square, Tensor, tensor, tidy } from "@tensorflow/tfjs-core";
import { OdeError } from "../errors.js";
import { type RowWeights, rowCombination } from "../kernels/row-combination.js";
import { largestOfRows, scaledRowNorms } from "../kernels/scaled-row-norms.js";
import { offTape } from "../state/tape.js";
import { type OwnErrorTest, tolerancesByLeaf } from "../state/tolerances.js";
import type { TreeStructure } from "../state/tree.js";
import type { Tolerances } from "../types.js";

/** The size of `Σ weights[row][i] · slopes[i]` of each row, in steps from a to b. Never differentiated; reads one tensor back. */
export type RowNorm = (
  weights: RowWeights,
  slopes: readonly (readonly Tensor[])[],
  a: readonly Tensor[],
  b: readonly Tensor[],
) => ArrayLike<number>;

/** The largest member's RMS in units of atol + rtol max(|a|, |b|), for each row what a state of that row alone has. */
export const plainRowNorm =
  (tolerances: Tolerances): RowNorm =>
  (weights, slopes, a, b) =>
    read(() => {
      const members = a.map((leaf, m) => ({ a: leaf, b: b[m]!, terms: slopes.map((slope) => slope[m]!) }));
      return scaledRowNorms(weights, members, tolerances);
    });

const sizes = /* @__PURE__ */ plainRowNorm({ rtol: 1, atol: 1 });

/** Whether each row of a state is finite: |y| / (1 + |y|) is at most 1 where y is, however large, and NaN where it is not. */
export function finiteRows(state: readonly Tensor[]): boolean[] {
  const ones = Array.from({ length: state[0]!.shape[0]! }, () => [1]);
  return Array.from(sizes(ones, [state], state, state), Number.isFinite);
}

/**
 * An error test of the caller's own: tolerances nested as y0 with one for each leaf or for each number of a row in it, or a norm that answers with one
 * number a row.
 *
 * @param leaves the state's, with rows as first axis
 * @param present a state as the user's tree
 */
export function ownRowNorm(
  caller: string,
  structure: TreeStructure,
  leaves: readonly Tensor[],
  { rtol, atol, norm }: OwnErrorTest,
  present: (state: Tensor[]) => unknown,
): RowNorm {
  const sizes = leaves.map(({ shape, size }) => size / shape[0]!);
  const relative = tolerancesByLeaf(caller, "rtol", rtol, structure, sizes);
  const absolute = tolerancesByLeaf(caller, "atol", atol, structure, sizes);
  const onDevice = (tolerance: number | Float64Array, { shape }: Tensor) =>
    typeof tolerance === "number" ? tolerance : tensor(Float32Array.from(tolerance), [1, ...shape.slice(1)]);

  return (weights, slopes, a, b) =>
    read(() => {
      const rows = weights.length;
      const scaled = a.map((leaf, m) => {
        const terms = slopes.map((slope) => slope[m]!);
        const size = maximum(abs(leaf), abs(b[m]!));
        const scale = add(mul(size, onDevice(relative[m]!, leaf)), onDevice(absolute[m]!, leaf));
        return div(rowCombination(undefined, weights, terms), scale);
      });
      if (norm !== undefined) return ownSizes(caller, norm(present(scaled)), rows);
      const members = scaled.filter(({ size }) => size > 0);
      if (members.length === 0) return new Float64Array(rows);
      const norms = members.map((leaf) => sqrt(mean(square(reshape(leaf, [rows, -1])), 1)));
      return largestOfRows((norms.length === 1 ? norms[0]! : concat(norms)).dataSync(), rows);
    });
}

/** Runs what makes numbers of tensors, off the tape and in a scope. */
function read(work: () => ArrayLike<number>): ArrayLike<number> {
  let sizes: ArrayLike<number> = [];
  offTape(() =>
    tidy(() => {
      sizes = work();
    }),
  );
  return sizes;
}

function ownSizes(caller: string, size: unknown, rows: number): ArrayLike<number> {
  if (!(size instanceof Tensor) || size.size !== rows || size.dtype !== "float32" || size.isDisposed)
    throw new OdeError(
      `${caller}: expected norm to return a float32 tensor of ${rows} sizes, one for each row it is given, got ${describeValue(size)}.`,
    );
  const sizes = size.dataSync();
  const negative = sizes.findIndex((value) => value < 0);
  if (negative >= 0)
    throw new OdeError(`${caller}: expected norm to return sizes ≥ 0, got ${sizes[negative]}; take its absolute value.`);
  return sizes;
}
