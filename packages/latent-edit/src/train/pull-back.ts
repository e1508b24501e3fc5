import "@latentflow/backend/gradients";
import { mul, type Scalar, sum, type Tensor, type Tensor2D, tidy, variableGrads } from "@tensorflow/tfjs-core";
import type { Direction } from "../direction.js";
import type { FlowGradient } from "../integrate.js";

/**
 * The gradient of a loss with respect to a direction's trainable variables, pulled back through its flow from dL/dw(T). The flow is run again
 * for this: it costs next to nothing beside the generator, and no tape has to live while the model answers.
 *
 * @returns one tensor a trainable variable, in their order
 */
export function pullBack(direction: Direction, w: Tensor2D, t: number, cotangent: Tensor, gradient: FlowGradient): Tensor[] {
  return tidy(() => {
    const variables = direction.variables.filter((variable) => variable.trainable);
    const { grads } = variableGrads(() => sum(mul(direction.flow(w, t, { gradient }), cotangent)) as Scalar, variables);
    return variables.map((variable) => grads[variable.name]!);
  });
}
