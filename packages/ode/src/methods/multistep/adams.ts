import type { Method } from "../method.js";
import { AdamsStepper } from "./adams-stepper.js";

function make(name: string, corrections: number, straight = false): Method {
  return Object.freeze({
    name,
    order: 4,
    estimatesError: false,
    remembersSteps: true,
    stepper(space, f) {
      return new AdamsStepper(corrections, straight, space, f);
    },
    linear: () => make(name, corrections, true),
  } satisfies Method);
}

/**
 * Adams and Bashforth's method of order 4: one evaluation a step, for smooth f that is costly. Steps may be of any lengths; the first three, and those
 * after a jump, are of the classic Runge–Kutta method. Stable for h |λ| up to 0.3 only. Dense output: cubic, order 3.
 *
 * Source: E. Hairer, S. P. Nørsett & G. Wanner, Solving Ordinary Differential Equations I, section III.1.
 */
export const explicitAdams = /* @__PURE__ */ make("explicit_adams", 0);

/**
 * Adams and Moulton's method of order 4, solved by two corrections of what Adams and Bashforth's foretells: three evaluations a step, an error about
 * fourteen times smaller, stable for h |λ| up to about 1. It is no method for stiff problems. Dense output: cubic, order 3.
 *
 * Source: E. Hairer, S. P. Nørsett & G. Wanner, Solving Ordinary Differential Equations I, section III.1.
 */
export const implicitAdams = /* @__PURE__ */ make("implicit_adams", 2);
