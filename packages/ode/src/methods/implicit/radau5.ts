import { float64Systems } from "../../state/float64-linearizer.js";
import { straightLine } from "../explicit/dense-output.js";
import type { DenseOutput, Method } from "../method.js";
import { collocation } from "./collocation.js";
import { PredictiveController } from "./predictive-controller.js";
import { radauNodes } from "./radau-nodes.js";
import { Radau5Stepper } from "./radau5-stepper.js";

function make(): Method {
  const { weights, dense } = collocation(radauNodes());
  return withDense(dense, weights);
}

function withDense(output: DenseOutput, weights: readonly number[]): Method {
  return Object.freeze({
    name: "radau5",
    order: 5,
    errorOrder: 4,
    controller: () => new PredictiveController(4),
    estimatesError: true,
    implicit: float64Systems,
    stepper(space, f, linearizer) {
      return new Radau5Stepper({ ...this, dense: output }, space, f, linearizer);
    },
    linear: () => withDense(straightLine(weights), weights),
  } satisfies Method);
}

/**
 * Radau IIA of order 5 with an error estimate of order 3: L-stable and stiffly accurate, for tight tolerances and very stiff problems. Dense output:
 * its collocation polynomial, order 3.
 *
 * Source: E. Hairer & G. Wanner, Solving Ordinary Differential Equations II, section IV.8.
 */
export const radau5 = /* @__PURE__ */ make();
