import { clone, customGrad, type Tensor } from "@tensorflow/tfjs-core";
import { OdeError } from "../errors.js";
import { isRecording } from "../state/tape.js";

/**
 * Marks gradients that were computed off the tape. Differentiating them again would silently take them for constants, so it throws.
 *
 * @param inputs all that the gradients depend on
 */
export function firstOrderOnly(caller: string, gradients: Tensor[], inputs: readonly Tensor[]): Tensor[] {
  if (!isRecording()) return gradients;
  return gradients.map((gradient) =>
    customGrad(() => ({
      value: clone(gradient),
      gradFunc: () => {
        throw new OdeError(
          `${caller}: its gradient can't be differentiated again; use odeint with gradient: "steps" for second derivatives.`,
        );
      },
    }))(...inputs),
  );
}
