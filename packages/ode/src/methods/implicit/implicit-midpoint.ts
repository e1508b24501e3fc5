import { diagonalMethod } from "./diagonal-method.js";

/** The implicit midpoint rule: order 2, A-stable, symplectic, keeps quadratic invariants. Dense output: cubic Hermite, order 2. */
export const implicitMidpoint = diagonalMethod({
  name: "implicit_midpoint",
  order: 2,
  nodes: [0, 1 / 2],
  coupling: [[0], [0, 1 / 2]],
  weights: [0, 1],
});
