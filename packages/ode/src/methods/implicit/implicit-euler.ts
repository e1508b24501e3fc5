import { straightLine } from "../explicit/dense-output.js";
import { diagonalMethod } from "./diagonal-method.js";

/** Euler's implicit method: order 1, L-stable. Dense output: the straight line. */
export const implicitEuler = /* @__PURE__ */ diagonalMethod({
  name: "implicit_euler",
  order: 1,
  nodes: [0, 1],
  coupling: [[0], [0, 1]],
  weights: [0, 1],
  dense: /* @__PURE__ */ straightLine([0, 1]),
});
