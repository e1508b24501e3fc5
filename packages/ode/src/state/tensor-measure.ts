import { describeValue } from "@latentflow/core";
import {
  abs,
  add,
  clone,
  div,
  max,
  maximum,
  mean,
  mul,
  reshape,
  type Scalar,
  sqrt,
  square,
  stack,
  Tensor,
  tensor,
} from "@tensorflow/tfjs-core";
import { OdeError } from "../errors.js";
import type { ErrorTest } from "./state-space.js";
import { type OwnErrorTest, tolerancesByLeaf } from "./tolerances.js";
import type { TreeStructure } from "./tree.js";

/**
 * An error test of the user's own on tensors; call its result off the tape.
 *
 * @param present a state as the user's tree
 */
export function tensorMeasure(
  caller: string,
  structure: TreeStructure,
  leaves: readonly Tensor[],
  { rtol, atol, norm }: OwnErrorTest,
  present: (state: Tensor[]) => unknown,
): NonNullable<ErrorTest<Tensor[]>["measure"]> {
  const sizes = leaves.map(({ size }) => size);
  const relative = tolerancesByLeaf(caller, "rtol", rtol, structure, sizes);
  const absolute = tolerancesByLeaf(caller, "atol", atol, structure, sizes);
  if (relative.some((leaf, m) => isZeroBeside(leaf, absolute[m]!)))
    throw new OdeError(`${caller}: expected rtol or atol above 0 for each number of y0, got 0 for both.`);
  const onDevice = (tolerance: number | Float64Array, { shape }: Tensor) =>
    typeof tolerance === "number" ? tolerance : tensor(Float32Array.from(tolerance), shape);

  return (error, a, b) => {
    const scaled = error.map((leaf, m) => {
      const size = maximum(abs(a[m]!), abs(b[m]!));
      return div(leaf, add(mul(size, onDevice(relative[m]!, leaf)), onDevice(absolute[m]!, leaf)));
    });
    if (norm === undefined) {
      const norms = scaled.filter(({ size }) => size > 0).map((leaf) => sqrt(mean(square(leaf))) as Scalar);
      return norms.length === 0 ? 0 : max(stack(norms));
    }
    const size = norm(present(scaled));
    if (size instanceof Tensor && size.size === 1 && size.dtype === "float32" && !size.isDisposed)
      return clone(reshape(size, []));
    throw new OdeError(`${caller}: expected norm to return a float32 scalar tensor, as y0 is, got ${describeValue(size)}.`);
  };
}

/** Whether both tolerances of any number of a leaf are 0. */
function isZeroBeside(a: number | Float64Array, b: number | Float64Array): boolean {
  if (typeof a === "number") return a === 0 && (typeof b === "number" ? b === 0 : b.includes(0));
  return a.some((value, i) => value === 0 && (typeof b === "number" ? b : b[i]) === 0);
}
