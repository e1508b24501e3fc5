import { float64Systems } from "../../state/float64-linearizer.js";
import { straightLine } from "../explicit/dense-output.js";
import type { DenseOutput, Method } from "../method.js";
import { collocation } from "./collocation.js";
import { Radau5Stepper } from "./radau5-stepper.js";

const { weights, dense } = collocation([(4 - Math.sqrt(6)) / 10, (4 + Math.sqrt(6)) / 10, 1]);

const make = (output: DenseOutput): Method =>
  Object.freeze({
    name: "radau5",
    order: 5,
    errorOrder: 4,
    estimatesError: true,
    implicit: float64Systems,
    stepper(space, f, linearizer) {
      return new Radau5Stepper({ ...this, dense: output }, space, f, linearizer);
    },
    linear: () => make(straightLine(weights)),
  } satisfies Method);

/**
 * Radau IIA of order 5 with an error estimate of order 3: L-stable and stiffly accurate, for tight tolerances and very stiff problems. Dense output:
 * its collocation polynomial, order 3.
 *
 * Source: E. Hairer & G. Wanner, Solving Ordinary Differential Equations II, section IV.8.
 */
export const radau5 = make(dense);
