import { tsit5 } from "../explicit/tsit5.js";
import { rodas5p } from "../implicit/rodas5p.js";
import type { Method } from "../method.js";
import { AutoStepper } from "./auto-stepper.js";

function make(straight: boolean): Method {
  const [explicit, stiff] = straight ? [tsit5.linear(), rodas5p.linear()] : [tsit5, rodas5p];
  return Object.freeze({
    name: "auto",
    order: 5,
    estimatesError: true,
    float64Only: true,
    implicit: rodas5p.implicit!,
    exactJacobian: true,
    stepper(space, f, linearizer) {
      return new AutoStepper(space, f, {
        explicit: { name: tsit5.name, stepper: explicit.stepper(space, f) },
        stiff: { name: rodas5p.name, stepper: stiff.stepper(space, f, linearizer) },
      });
    },
    linear: () => make(true),
  } satisfies Method);
}

/**
 * tsit5 until the problem shows itself stiff, then rodas5p, and back where it no longer is: for problems of which one does not know. What it costs beside
 * the better of the two: some twenty steps at each change, and an evaluation of f a step where it is stiff. `stepsBy` of the statistics tells how many steps
 * each took. Dense output: order 4.
 */
export const auto = /* @__PURE__ */ make(false);
