import { abs, add, clone, customGrad, sum, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { OdeError } from "../errors.js";
import { offTape } from "../state/tape.js";

/** Throws unless every number of these gradients is finite: reads one scalar back. */
export function requireFinite(caller: string, of: string, gradients: readonly Tensor[]): void {
  const total = offTape(() =>
    tidy(
      () =>
        gradients
          .map((gradient) => sum(abs(gradient)))
          .reduce((sum, term) => add(sum, term))
          .dataSync()[0]!,
    ),
  );
  if (Number.isFinite(total)) return;
  throw new OdeError(
    `${caller}: expected a finite gradient with respect to ${of}, got ${Number.isNaN(total) ? "NaN" : "one that is infinite or too large for float32"}; ` +
      "look for a derivative of f or of the loss that is not finite (a root, norm or logarithm at 0), or for a solution that is too sensitive to its start.",
  );
}

/** The same tensors; a gradient that passes back through them is looked at. */
export function watchGradient(caller: string, of: string, tensors: readonly Tensor[]): Tensor[] {
  return tensors.map((tensor) =>
    customGrad((x) => ({
      value: clone(x as Tensor),
      gradFunc: (dy: Tensor) => {
        requireFinite(caller, of, [dy]);
        return clone(dy);
      },
    }))(tensor),
  );
}
