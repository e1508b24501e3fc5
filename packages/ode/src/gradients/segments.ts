import { add, scalar, type Tensor, type Variable, zerosLike } from "@tensorflow/tfjs-core";
import { OdeError } from "../errors.js";
import { requireArrival } from "../input/problem.js";
import { pullBack } from "../state/tape.js";
import type { TensorSpace } from "../state/tensor-space.js";
import type { Statistics } from "../status.js";
import { drive } from "../stepping/drive.js";
import { integrate } from "../stepping/integrate.js";
import { Outputs } from "../stepping/outputs.js";
import type { Problem } from "../stepping/problem.js";
import { innerProduct } from "./packing.js";

/** A solve as the backward pass repeats it, with what it differentiates in the place of what the forward pass had. */
export interface Replay {
  readonly problem: Problem<Tensor[]>;
  readonly space: TensorSpace;
}

/** A stretch of a solve, from one stored state to the next. */
export interface Segment {
  /** Nodes of its steps, the first included. */
  readonly nodes: readonly number[];
  readonly start: Tensor[];
}

/** What is differentiated with respect to, besides the states: tensors of `args`, the tensor of times, variables. */
export interface Parameters {
  readonly tensors: readonly Tensor[];
  readonly variables: readonly Variable[];
}

/** Cotangents of the outputs of a solve: `at[i]` belongs to `times[i]`. */
export interface OutputCotangents {
  readonly times: ArrayLike<number>;
  readonly at: readonly Tensor[][];
}

/** Cuts the nodes of a solve where states were stored. */
export function segmentsOf(nodes: readonly number[], states: readonly Tensor[][], stride: number): Segment[] {
  return states
    .map((start, i) => ({ start, nodes: nodes.slice(i * stride, (i + 1) * stride + 1) }))
    .filter((segment) => segment.nodes.length > 1);
}

/**
 * Backpropagates through a solve, segment by segment from its end: each is solved again on a tape and pulled back, so that the tape never
 * holds more than one. Exact for the discrete solution.
 *
 * @param replay makes the problem from the parameters; called inside the tape
 * @param state cotangent of the last state, if any besides those of the outputs
 * @returns gradients with respect to the first state (not counting an output there) and the parameters, in a scope of the caller
 */
export function pullBackSegments(
  segments: readonly Segment[],
  replay: () => Replay,
  parameters: Parameters,
  outputs: OutputCotangents,
  state: Tensor[] | undefined,
  statistics: Statistics,
): { state: Tensor[]; parameters: (Tensor | undefined)[] } {
  const wanted = [...parameters.tensors, ...parameters.variables];
  const sums: (Tensor | undefined)[] = wanted.map(() => undefined);
  let cotangent = state;
  for (const { nodes, start } of [...segments].reverse()) {
    const first = nodes[0]!;
    const last = nodes[nodes.length - 1]!;
    const direction = last >= first ? 1 : -1;
    const inside = Array.from(outputs.times)
      .map((time, i) => ({ time, i }))
      .filter(({ time }) => (time - first) * direction > 0 && (time - last) * direction <= 0);
    const incoming = cotangent;
    const solveSegment = (): Tensor => {
      const { problem, space } = replay();
      const recorder = new Outputs(
        space,
        [first, ...inside.map(({ time }) => time), ...(inside.length === 0 ? [last] : [])],
        start,
      );
      const { y, status } = drive(
        space,
        integrate(
          {
            ...problem,
            onProgress: undefined,
            onStep: undefined,
            y0: start,
            t0: first,
            t1: last,
            steps: { kind: "grid", nodes },
            longestStep: undefined,
          },
          recorder,
        ),
      );
      requireArrival(problem.caller, status);
      statistics.nfeBackward += problem.statistics.nfe;
      const terms = inside.map(({ i }, k) => innerProduct(recorder.states[k + 1]!, outputs.at[i]!));
      if (incoming !== undefined) terms.push(innerProduct(y, incoming));
      const objective = terms.length === 0 ? scalar(0) : terms.reduce((total, term) => add(total, term));
      space.close([]);
      return objective;
    };
    const { gradients, value, variables } = pullBack(solveSegment, [...start, ...wanted]);
    requireKnownVariables(variables, parameters.variables);
    value.dispose();
    cotangent = start.map((leaf, m) => gradients[m] ?? zerosLike(leaf));
    if (incoming !== state) for (const leaf of incoming ?? []) leaf.dispose();
    wanted.forEach((_, k) => {
      const gradient = gradients[start.length + k];
      const sum = sums[k];
      if (gradient === undefined) return;
      sums[k] = sum === undefined ? gradient : add(sum, gradient);
      if (sum !== undefined) {
        sum.dispose();
        gradient.dispose();
      }
    });
  }
  return { state: cotangent ?? [], parameters: sums };
}

/** A gradient must never be silently incomplete: throws when f read a variable that its first evaluation did not. */
export function requireKnownVariables(found: readonly Variable[], known: readonly Variable[]): void {
  const missed = found.find((variable) => !known.includes(variable));
  if (missed === undefined) return;
  throw new OdeError(
    `odeint: f read the variable ${missed.name} only after its first evaluation, so that its gradient would be missed; read it in every evaluation, or use gradient: "steps".`,
  );
}
