import { OdeError } from "../errors.js";
import { Float64Space } from "../state/float64-space.js";
import { newStatistics } from "../status.js";
import type { Problem } from "../stepping/problem.js";
import { preparePlan } from "./plan.js";
import { assemble, type CheckedCall } from "./problem.js";

/** A problem in float64. */
export function float64Problem(checked: CheckedCall): { problem: Problem<Float64Array>; space: Float64Space } {
  const { caller, f, y0, options, times } = checked;
  if (y0.kind !== "numbers") {
    throw new OdeError(
      `${caller}: expected y0 to be numbers and Float64Arrays, got tensors; import ${caller} from "@latentflow/ode" for those.`,
    );
  }
  if (times.tensor !== undefined) {
    throw new OdeError(`${caller}: expected t to be numbers since y0 is, got a tensor; gradients need y0 to be tensors as well.`);
  }
  const plan = preparePlan(caller, options, checked.methods, checked.extra, times.values, Float64Space.defaultTolerances);
  const space = new Float64Space(caller, y0.structure, y0.leaves);
  const statistics = checked.statistics ?? newStatistics();
  const { args } = options;
  const dynamics = space.dynamics((t, y) => {
    statistics.nfe++;
    return f(t, y, args);
  });
  const { steps } = plan;
  const measure = steps.kind === "adaptive" && steps.ownTest !== undefined ? space.measure(steps.ownTest) : undefined;
  const start = space.pack(y0.leaves);
  const linearizer = plan.method.implicit?.({
    caller,
    size: start.length,
    statistics,
    asked: options,
    present: (state) => space.present(state),
    recycle: (state) => space.recycle(state),
    f: space.dynamics((t, y) => {
      statistics.nfeJacobian = (statistics.nfeJacobian ?? 0) + 1;
      return f(t, y, args);
    }),
  });
  return { problem: { ...assemble(checked, plan, space, dynamics, start, statistics, measure), linearizer }, space };
}
