import { checkDirection } from "../directions/check-direction.js";
import "@latentflow/backend/gradients";
import { checkTensor } from "@latentflow/core";
import { mul, type Scalar, sum, type Tensor, tidy, variableGrads } from "@tensorflow/tfjs-core";
import type { Direction } from "../directions/direction.js";
import type { FlowGradient } from "../directions/integrate.js";
import type { RowList, RowRange } from "../directions/rows.js";
import { LatentEditError } from "../errors.js";
import { type Codes, toCodes } from "../input/codes.js";

/**
 * The gradient of a loss with respect to a direction's trainable variables, pulled back through its flow from dL/dw(T). The flow is run again
 * for this: it costs next to nothing beside the generator, and no tape has to live while the model answers.
 *
 * @param codes where the flow starts, [n, d] or [n, rowCount, d]
 * @param t edit length, or one for each code
 * @param cotangent dL/dw(T), shaped like the codes
 * @param gradient how it passes the flow (default "steps")
 * @param rows rows of W+ codes that move (default: the direction's own, else all)
 * @returns one tensor a trainable variable, in their order
 */
export function pullBack(
  direction: Direction,
  codes: Codes,
  t: number | readonly number[],
  cotangent: Tensor,
  gradient: FlowGradient = "steps",
  rows?: RowRange | RowList,
): Tensor[] {
  checkDirection("pullBack", direction);
  const options = { gradient, ...(rows !== undefined && { rows }) };
  return tidy(() => {
    const w: Tensor = toCodes("pullBack", codes, direction.latentDim);
    checkTensor("pullBack", "cotangent", cotangent, `a tensor of shape [${w.shape}], as the codes'`, LatentEditError);
    if (cotangent.shape.join() !== w.shape.join()) {
      throw new LatentEditError(`pullBack: expected a cotangent of the codes' shape [${w.shape}], got [${cotangent.shape}].`);
    }
    const variables = direction.variables.filter((variable) => variable.trainable);
    const ends = () => (typeof t === "number" ? direction.flow(w, t, options) : direction.flowEach(w, t, options));
    const { grads } = variableGrads(() => sum(mul(ends(), cotangent)) as Scalar, variables);
    return variables.map((variable) => grads[variable.name]!);
  });
}
