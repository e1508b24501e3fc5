import { neg, type Scalar, scalar, type Tensor, zeros } from "@tensorflow/tfjs-core";
import type { BackwardOptions } from "../input/options.js";
import { type LooseOptions, preparePlan } from "../input/plan.js";
import type { Checked } from "../input/problem.js";
import { chooseMethod } from "../methods/choose.js";
import { pullBack } from "../state/tape.js";
import { TensorSpace } from "../state/tensor-space.js";
import { smallestTolerance } from "../state/tolerances.js";
import { flatten, type Tree, type TreeStructure, unflatten } from "../state/tree.js";
import { newStatistics } from "../status.js";
import type { Problem } from "../stepping/integrate.js";
import { packTensors, unpackTensors } from "./packing.js";
import { type Parameters, requireKnownVariables } from "./segments.js";

/** The state that is integrated backward: y, its adjoint a = dL/dy, and the integrals that become gradients of the parameters. */
export interface BackwardState {
  readonly y: Tensor[];
  readonly a: Tensor[];
  readonly integrals: Tensor[];
}

/** How many leaves of the packed backward state belong to what. */
export class BackwardLayout {
  readonly #leaves: number;

  constructor(leaves: number) {
    this.#leaves = leaves;
  }

  pack({ y, a, integrals }: BackwardState): Tensor[] {
    return [...y, ...a, ...integrals];
  }

  unpack(state: readonly Tensor[]): BackwardState {
    const n = this.#leaves;
    return { y: state.slice(0, n), a: state.slice(n, 2 * n), integrals: state.slice(2 * n) };
  }
}

/**
 * The continuous adjoint problem from the last output time to the first: y′ = f, a′ = −aᵀ ∂f/∂y, and for each parameter θ an integral
 * with g′ = −aᵀ ∂f/∂θ (Pontryagin; Chen et al., Neural ordinary differential equations, 2018, eq. 4, 5). Steps end at every output time,
 * where the loss acts on y.
 *
 * @param forward the checked forward call
 * @param withParameters f with its parameters replaced by the saved ones
 */
export function backwardProblem(
  forward: Checked,
  withParameters: (t: number | Scalar, y: unknown) => unknown,
  parameters: Parameters,
  backward: BackwardOptions,
  defaultMaxSteps: number,
): { problem: Omit<Problem<Tensor[]>, "y0">; space: TensorSpace; layout: BackwardLayout } {
  const caller = "odeintAdjoint: adjoint";
  const times = Float64Array.from(forward.times.values).reverse();
  const leaves = forward.y0.leaves as Tensor[];
  const layout = new BackwardLayout(leaves.length);
  const { norm, detectInstability: _, ...steps } = backward;
  const options = inherit(caller, forward, steps as unknown as LooseOptions, times);
  const plan = preparePlan(caller, options, forward.methods, [], times, TensorSpace.defaultTolerances);
  const structure: TreeStructure = {
    kind: "array",
    children: Array.from({ length: 2 * leaves.length + parameters.tensors.length + parameters.variables.length }, () => ({
      kind: "leaf",
    })),
  };
  const normMembers = norm === "seminorm" ? 2 * leaves.length : undefined;
  const space = new TensorSpace(caller, structure, { normMembers, singlePrecisionTime: forward.times.tensor !== undefined });
  const statistics = newStatistics();
  const present = (y: readonly Tensor[]) => presentAs(forward.y0.structure, y);
  const f = (t: number, packed: Tensor[]): Tensor[] => {
    statistics.nfe++;
    const { y, a } = layout.unpack(packed);
    const time = forward.times.tensor === undefined ? t : scalar(t);
    const evaluate = () => packTensors(flatten(withParameters(time, present(y)) as Tree<Tensor>).leaves);
    const wanted = [...y, ...parameters.tensors, ...parameters.variables];
    const { value, gradients, variables } = pullBack(evaluate, wanted, packTensors(a));
    requireKnownVariables(variables, parameters.variables);
    const slopes = gradients.map((gradient, i) => (gradient === undefined ? zeros(wanted[i]!.shape) : neg(gradient)));
    return [...unpackTensors(value, y), ...slopes];
  };
  const problem = {
    caller,
    space,
    f,
    t0: times[0]!,
    t1: times[times.length - 1]!,
    method: plan.method,
    steps: plan.steps,
    jumps: plan.jumps,
    maxSteps: backward.maxSteps === undefined ? defaultMaxSteps : plan.maxSteps,
    signal: forward.options.signal,
    onProgress: undefined,
    statistics,
    cooperative: false,
  };
  return { problem, space, layout };
}

/** Backward options completed by the forward ones where those apply; steps end at every output time. */
function inherit(
  caller: string,
  { options: forward, methods }: Checked,
  backward: LooseOptions,
  times: Float64Array,
): LooseOptions {
  const method = chooseMethod(caller, backward.method ?? forward.method, methods);
  const constant =
    backward.stepSize !== undefined || (backward.method === undefined && (forward.stepSize ?? forward.grid) !== undefined);
  const { jumpTimes } = forward;
  const shared = { method, ...(jumpTimes === undefined ? {} : { jumpTimes }) };
  const interior = Array.from(times.subarray(1, -1));
  const stepTimes = [...interior, ...(forward.stepTimes ?? []), ...(backward.stepTimes ?? [])];
  if (method.estimatesError && !constant) {
    const { controller, minStep, maxStep } = forward;
    // Tolerances nested as y0 don't fit the backward state.
    const [rtol, atol] = [forward.rtol, forward.atol].map((given) => (given === undefined ? given : smallestTolerance(given)));
    const tolerances = Object.fromEntries(
      Object.entries({ rtol, atol, controller, minStep, maxStep }).filter(([, value]) => value !== undefined),
    );
    return { ...shared, ...tolerances, ...backward, method, stepTimes };
  }
  const stepSize = backward.stepSize ?? forward.stepSize;
  if (stepSize !== undefined) return { ...shared, ...backward, method, stepSize, stepTimes };
  if (forward.grid !== undefined && backward.method === undefined) {
    const [low, high] = [Math.min(times[0]!, times.at(-1)!), Math.max(times[0]!, times.at(-1)!)];
    const nodes = new Set([
      ...Array.from(forward.grid).filter((node) => node > low && node < high),
      ...times,
      ...(jumpTimes ?? []),
    ]);
    const grid = [...nodes]
      .filter((node) => node >= low && node <= high)
      .sort((a, b) => (a - b) * (times.at(-1)! >= times[0]! ? 1 : -1));
    return { ...shared, ...backward, method, grid };
  }
  return { ...shared, ...backward, method };
}

function presentAs(structure: TreeStructure, leaves: readonly Tensor[]): unknown {
  return structure.kind === "leaf" ? leaves[0] : unflatten<Tensor>(structure, leaves);
}
