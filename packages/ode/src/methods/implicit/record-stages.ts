import type { Linearizer } from "../../state/linearizer.js";
import type { PackedDynamics, StateSpace } from "../../state/state-space.js";
import type { StepTrial } from "../method.js";
import type { Collocation } from "./collocation.js";
import { difference } from "./newton.js";

/** What a step of stages that all know each other is made of. */
interface CoupledStages<V> {
  readonly stages: Pick<Collocation, "nodes" | "coupling" | "weights">;
  readonly space: StateSpace<V>;
  readonly f: PackedDynamics<V>;
  readonly linearizer: Linearizer<V>;
}

/** A step's slopes and end as a gradient sees them: kᵢ = f(t0 + cᵢh, y0 + h Σ aᵢⱼ kⱼ), all at once, by the implicit function theorem. */
export function recordStages<V>(
  { stages, space, f, linearizer }: CoupledStages<V>,
  { span, endTime, y0 }: StepTrial<V>,
  values: readonly V[],
): { readonly slopes: readonly V[]; readonly y1: V } {
  const { nodes, coupling, weights } = stages;
  const times = nodes.map((node) => (node === 1 ? endTime : span.t0 + node * span.h));
  const rows = coupling.map((row) => Float64Array.from(row));
  return space.scope(() => {
    const stagesOf = (slopes: readonly V[]) => rows.map((row) => space.combine(y0, span, row, slopes));
    const places = space.quietly(() => stagesOf(values)).map((y, i) => ({ t: times[i]!, y }));
    const system = linearizer.tape!.system(
      coupling.map((row) => row.map((weight) => weight * span.h)),
      places,
    );
    const slopes = system.solved(values, (slopes) =>
      stagesOf(slopes).map((y, i) => difference(space, f(times[i]!, y), slopes[i]!)),
    );
    return { slopes, y1: space.combine(y0, span, Float64Array.from(weights), slopes) };
  });
}
