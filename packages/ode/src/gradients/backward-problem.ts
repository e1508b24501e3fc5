import { neg, type Scalar, scalar, type Tensor, zeros } from "@tensorflow/tfjs-core";
import { type BackwardPlan, backwardCaller } from "../input/backward-plan.js";
import type { CheckedCall } from "../input/problem.js";
import type { PackedDynamics } from "../state/state-space.js";
import { SystemLayout } from "../state/system-layout.js";
import { pullBack } from "../state/tape.js";
import { TensorSpace } from "../state/tensor-space.js";
import type { TreeStructure } from "../state/tree.js";
import { newStatistics } from "../status.js";
import type { Problem } from "../stepping/problem.js";
import { AdjointLinearizer } from "./adjoint-linearizer.js";
import { BackwardLayout } from "./backward-layout.js";
import { packTensors, unpackTensors } from "./packing.js";
import { type Parameters, requireKnownVariables } from "./segments.js";

/** What is integrated backward, and where. */
export interface BackwardProblem {
  readonly problem: Omit<Problem<Tensor[]>, "y0">;
  readonly space: TensorSpace;
  readonly layout: BackwardLayout;
  /** f on the forward state alone. */
  readonly slopes: PackedDynamics<Tensor[]>;
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
  forward: CheckedCall,
  withParameters: (t: number | Scalar, y: unknown) => unknown,
  parameters: Parameters,
  { plan, times, seminorm, maxSteps }: BackwardPlan,
  defaultMaxSteps: number,
): BackwardProblem {
  const caller = backwardCaller(forward);
  const leaves = forward.y0.leaves as Tensor[];
  const layout = new BackwardLayout(leaves.length);
  const structure: TreeStructure = {
    kind: "array",
    children: Array.from({ length: 2 * leaves.length + parameters.tensors.length + parameters.variables.length }, () => ({
      kind: "leaf",
    })),
  };
  const tensorTime = forward.times.tensor !== undefined;
  const normMembers = seminorm ? 2 * leaves.length : undefined;
  const space = new TensorSpace(caller, structure, {
    normMembers,
    singlePrecisionTime: tensorTime || forward.singlePrecisionTime,
  });
  const statistics = newStatistics();
  const states = new TensorSpace(forward.caller, forward.y0.structure);
  const slopes = states.dynamics((t, y) => withParameters(tensorTime ? scalar(t as number) : t, y));
  const f = (t: number, packed: Tensor[]): Tensor[] => {
    statistics.nfe++;
    const { y, a } = layout.unpack(packed);
    const evaluate = () => packTensors(slopes(t, y));
    const wanted = [...y, ...parameters.tensors, ...parameters.variables];
    const { value, gradients, variables } = pullBack(evaluate, wanted, packTensors(a));
    requireKnownVariables(variables, parameters.variables);
    const derivatives = gradients.map((gradient, i) => (gradient === undefined ? zeros(wanted[i]!.shape) : neg(gradient)));
    return [...unpackTensors(value, y), ...derivatives];
  };
  const adjointLinearizer = () => {
    const given = forward.options.jacobian as ((t: number, y: unknown, args: unknown) => unknown) | undefined;
    return new AdjointLinearizer({
      caller,
      space,
      parts: layout,
      layout: new SystemLayout(caller, plan.method.name, leaves),
      statistics,
      tensorTime,
      given: given && ((t, y) => given(t, states.present(y), forward.options.args)),
      f: (t, y) => {
        statistics.nfe++;
        return slopes(t, y);
      },
    });
  };
  const problem = {
    caller,
    space,
    f,
    t0: times[0]!,
    t1: times[times.length - 1]!,
    method: plan.method,
    linearizer: plan.method.implicit && adjointLinearizer(),
    steps: plan.steps,
    jumps: plan.jumps,
    maxSteps: maxSteps ?? defaultMaxSteps,
    signal: forward.options.signal,
    onProgress: undefined,
    statistics,
    cooperative: false,
  };
  return { problem, space, layout, slopes };
}
