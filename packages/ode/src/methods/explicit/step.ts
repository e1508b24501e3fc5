import type { Attempt, ErrorTest, PackedDynamics, StateSpace, StepSpan } from "../../state/state-space.js";
import type { ExplicitMethod } from "./tableau.js";

/** What a step is tried with. */
export interface StepTrial<V> {
  readonly f: PackedDynamics<V>;
  readonly method: ExplicitMethod;
  readonly span: StepSpan;
  /** The time that stages at t1 are given: t1, or just before it where f jumps at t1. */
  readonly endTime: number;
  readonly y0: V;
  /** f(t0, y0). */
  readonly f0: V;
  /** What the error is measured in; undefined: it is not estimated. */
  readonly tolerances: ErrorTest<V> | undefined;
}

/** One step of an explicit Runge–Kutta method in any space, one linear combination a stage. */
export function explicitStep<V>(space: StateSpace<V>, trial: StepTrial<V>): Attempt<V> {
  const { f, method, span, endTime, y0, f0, tolerances } = trial;
  const { nodes, fast, firstSameAsLast } = method;
  const slopes = [f0];
  let y1: V | undefined;
  for (let i = 1; i < nodes.length; i++) {
    const stage = space.combine(y0, span, fast.coupling[i]!, slopes);
    const node = nodes[i]!;
    slopes.push(f(node === 1 ? endTime : span.t0 + node * span.h, stage));
    if (firstSameAsLast && i === nodes.length - 1) y1 = stage;
    else space.recycle(stage);
  }
  y1 ??= space.combine(y0, span, fast.weights, slopes);
  const ratio = tolerances === undefined ? 0 : space.norm(span.h, fast.errorWeights!, slopes, y0, y1, tolerances);
  const release = (kept?: V) => {
    for (let i = 1; i < slopes.length; i++) if (slopes[i] !== kept) space.recycle(slopes[i]!);
  };
  return { y1, ratio, slopes, release };
}
