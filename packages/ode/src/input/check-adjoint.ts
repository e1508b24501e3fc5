import { OdeError } from "../errors.js";
import type { MethodTable } from "../methods/choose.js";
import { type BackwardPlan, planBackward } from "./backward-plan.js";
import { checkDynamics, checkInitialState, checkOptionsObject, checkTimes } from "./check-arguments.js";
import type { LooseOptions } from "./plan.js";
import type { CheckedCall } from "./problem.js";
import { planTensors } from "./tensor-problem.js";

/** The arguments of `odeintAdjoint`, checked. */
export function checkAdjoint(f: unknown, y0: unknown, t: unknown, options: unknown, methods: MethodTable): CheckedAdjoint {
  const caller = "odeintAdjoint";
  checkOptionsObject(caller, options);
  const checked: CheckedCall = {
    caller,
    f: checkDynamics(caller, f),
    y0: checkInitialState(caller, y0),
    times: checkTimes(caller, t),
    options: options as LooseOptions,
    methods,
    extra: ["adjoint"],
  };
  if (checked.y0.kind !== "tensors") {
    throw new OdeError(
      `${caller}: expected y0 to be tensors, since gradients need them, got numbers; use odeint for numbers and Float64Arrays.`,
    );
  }
  planTensors(checked);
  const { adjoint = {} } = options as { adjoint?: unknown };
  return { checked, backward: planBackward(checked, adjoint) };
}

/** What `odeintAdjoint` was asked for. */
interface CheckedAdjoint {
  readonly checked: CheckedCall;
  readonly backward: BackwardPlan;
}
