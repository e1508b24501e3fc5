import type { ExplicitMethod } from "../methods/tableau.js";
import type { PackedDynamics, StateSpace, StepSpan } from "../state/state-space.js";

/** A step that was tried: the candidate and the slopes it was made of. */
export interface Attempt<V> {
  readonly y1: V;
  /** kᵢ; the first is f(t0, y0). */
  readonly slopes: V[];
}

/**
 * One step of an explicit Runge–Kutta method, one linear combination a stage.
 *
 * @param endTime the time that stages at t1 are given: t1, or just before it where f jumps at t1
 */
export function explicitStep<V>(
  space: StateSpace<V>,
  f: PackedDynamics<V>,
  { nodes, fast, firstSameAsLast }: ExplicitMethod,
  span: StepSpan,
  endTime: number,
  y0: V,
  f0: V,
): Attempt<V> {
  const slopes = [f0];
  const stages = nodes.length;
  for (let i = 1; i < stages; i++) {
    const stage = space.combine(y0, span, fast.coupling[i]!, slopes);
    const node = nodes[i]!;
    slopes.push(f(node === 1 ? endTime : span.t0 + node * span.h, stage));
    if (firstSameAsLast && i === stages - 1) return { y1: stage, slopes };
    space.recycle(stage);
  }
  return { y1: space.combine(y0, span, fast.weights, slopes), slopes };
}
