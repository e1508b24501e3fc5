import { straightLine } from "./dense-output.js";
import { methodOf } from "./method-of.js";

const weights = [1];

/**
 * Euler's method, order 1. Dense output: the straight line, order 1.
 *
 * Source: L. Euler, Institutionum calculi integralis I (1768), § 650.
 */
export const euler = methodOf({
  name: "euler",
  order: 1,
  nodes: [0],
  coupling: [[]],
  weights,
  dense: straightLine(weights),
});
