import { DenseLu } from "../linear-algebra/dense-lu.js";
import type { Coupling } from "./linearizer.js";

/**
 * (I − C ⊗ J)⁻¹ of n systems in float64: matrices of size s·d each, unknown by unknown. Undefined where one is singular or not finite.
 *
 * @param jacobians of each unknown's place, or one for all: n matrices of size d, row by row
 */
export function invertSystems(
  coupling: Coupling,
  jacobians: readonly Float32Array[],
  count: number,
  size: number,
): Float32Array | undefined {
  const unknowns = coupling.length;
  const width = unknowns * size;
  const lu = new DenseLu(width);
  const column = new Float64Array(width);
  const inverse = new Float32Array(count * width * width);
  for (let system = 0; system < count; system++) {
    fill(lu.values, coupling, jacobians, system * size * size, size);
    if (!lu.factor()) return undefined;
    const first = system * width * width;
    for (let j = 0; j < width; j++) {
      column.fill(0);
      column[j] = 1;
      lu.solve(column);
      for (let i = 0; i < width; i++) inverse[first + i * width + j] = column[i]!;
    }
  }
  return inverse;
}

/** I − C ⊗ J of one system, whose numbers begin at `first`; row block i has the Jacobian of unknown i's place. */
function fill(values: Float64Array, coupling: Coupling, jacobians: readonly Float32Array[], first: number, size: number): void {
  const unknowns = coupling.length;
  const width = unknowns * size;
  for (let s = 0; s < unknowns; s++) {
    const jacobian = jacobians[s] ?? jacobians[0]!;
    for (let i = 0; i < size; i++) {
      const row = (s * size + i) * width;
      for (let r = 0; r < unknowns; r++) {
        const weight = -coupling[s]![r]!;
        for (let j = 0; j < size; j++) values[row + r * size + j] = weight * jacobian[first + i * size + j]!;
      }
      values[row + s * size + i]! += 1;
    }
  }
}
