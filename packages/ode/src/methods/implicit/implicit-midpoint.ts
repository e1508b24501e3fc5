import { diagonalMethod } from "./diagonal-method.js";

/** The implicit midpoint rule: order 2, A-stable, symplectic, keeps quadratic invariants. Dense output: cubic Hermite, order 2. */
export const implicitMidpoint = /* @__PURE__ */ diagonalMethod({
  name: "implicit_midpoint",
  order: 2,
  nodes: [0, 0.5],
  coupling: [[0], [0, 0.5]],
  weights: [0, 1],
});
