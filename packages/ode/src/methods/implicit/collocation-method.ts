import { float64Systems } from "../../state/float64-linearizer.js";
import { straightLine } from "../explicit/dense-output.js";
import type { DenseOutput, Method } from "../method.js";
import { type Collocation, collocation } from "./collocation.js";
import { CoupledStepper } from "./coupled-stepper.js";

/** The collocation method of these nodes, for given steps. A function gives them: a bundler drops one that is not used, but no sums at the top of a module. */
export function collocationMethod(name: string, order: number, nodes: () => readonly number[]): Method {
  const stages = collocation(nodes());
  return withDense(name, order, stages, stages.dense);
}

function withDense(name: string, order: number, stages: Collocation, dense: DenseOutput): Method {
  return Object.freeze({
    name,
    order,
    estimatesError: false,
    implicit: float64Systems,
    stepper(space, f, linearizer) {
      return new CoupledStepper({ name, dense, stages }, space, f, linearizer);
    },
    linear: () => withDense(name, order, stages, straightLine(stages.weights)),
  } satisfies Method);
}
