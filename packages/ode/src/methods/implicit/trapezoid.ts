import { diagonalMethod } from "./diagonal-method.js";

/** The trapezoidal rule: order 2, A-stable, but stiff modes oscillate. Dense output: cubic Hermite, order 2. */
export const trapezoid = /* @__PURE__ */ diagonalMethod({
  name: "trapezoid",
  order: 2,
  nodes: [0, 1],
  coupling: [[0], [0.5, 0.5]],
  weights: [0.5, 0.5],
});
