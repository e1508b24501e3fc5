import { float64Systems } from "../../state/float64-linearizer.js";
import type { Method } from "../method.js";
import { formulas, HIGHEST_ORDER } from "./backward-differences.js";
import { BdfStepper } from "./bdf-stepper.js";

function make(straight: boolean): Method {
  const constants = formulas();
  return Object.freeze({
    name: "bdf",
    order: HIGHEST_ORDER,
    // It starts with order 1.
    errorOrder: 2,
    estimatesError: true,
    choosesOrder: true,
    float64Only: true,
    implicit: float64Systems,
    stepper(space, f, linearizer) {
      return new BdfStepper("bdf", constants, straight, space, f, linearizer);
    },
    linear: () => make(true),
  } satisfies Method);
}

/**
 * Backward differentiation of orders 1 to 5, which it chooses with the step: one system of equations a step, few evaluations of f. For large stiff systems
 * and loose tolerances; orders above 2 are not stable for fast oscillations. Dense output: the polynomial through the last points, of the same order.
 *
 * Source: L. F. Shampine & M. W. Reichelt, The MATLAB ODE Suite, SIAM J. Sci. Comput. 18 (1997) (numerical differentiation formulas).
 */
export const bdf = /* @__PURE__ */ make(false);
