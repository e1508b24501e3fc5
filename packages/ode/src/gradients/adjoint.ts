import { clone, customGrad, type GradSaveFunc, stack, type Tensor, tidy, unstack } from "@tensorflow/tfjs-core";
import type { BackwardPlan } from "../input/backward-plan.js";
import type { CheckedCall } from "../input/problem.js";
import { offTape } from "../state/tape.js";
import type { MakeRecorder } from "../stepping/recorder.js";
import { argumentTensors } from "./argument-tensors.js";
import { adjointGradients } from "./continuous-adjoint.js";
import { requireFinite } from "./finite-gradient.js";
import { firstOrderOnly } from "./first-order.js";
import { forwardPass } from "./forward-pass.js";
import { packTensors, unpackTensors } from "./packing.js";

/**
 * A solve whose gradient comes from the adjoint equation, integrated backward.
 *
 * @param backward how, for the times at which states were kept
 * @param record what is kept of the solve; default: states at the output times
 */
export function adjoint(
  checked: CheckedCall,
  backward: (times: Float64Array) => BackwardPlan,
  record?: MakeRecorder<Tensor[]>,
): unknown {
  const { caller } = checked;
  const leaves = checked.y0.leaves as Tensor[];
  return tidy(() => {
    const forward = forwardPass(checked, leaves, false, record);
    const { stacked, variables, statistics } = forward;
    const args = argumentTensors(caller, checked.options.args);
    const time = checked.times.tensor === undefined ? [] : [checked.times.tensor];
    const inputs = [...leaves, ...args.tensors, ...time, ...variables];

    const pullBackward = (dy: Tensor, saved: Tensor[]): Tensor[] => {
      const savedArgs = saved.slice(0, args.tensors.length);
      const savedTime = saved[args.tensors.length];
      const states = transpose(unpackTensors(saved[saved.length - 1]!, stacked));
      const cotangents = transpose(unpackTensors(dy, stacked));
      const replaced: CheckedCall = {
        ...checked,
        times: { values: forward.times, tensor: time.length === 0 ? undefined : savedTime },
        options: { ...checked.options, args: args.withTensors(savedArgs) },
      };
      const parameters = { tensors: savedArgs, variables };
      const gradients = adjointGradients({
        checked: replaced,
        states,
        cotangents,
        parameters,
        backward: backward(forward.times),
        statistics,
      });
      const ofArgs = gradients.parameters.slice(0, savedArgs.length);
      const ofVariables = gradients.parameters.slice(savedArgs.length);
      return [...gradients.y0, ...ofArgs, ...(gradients.times === undefined ? [] : [stack(gradients.times)]), ...ofVariables];
    };

    const solve = customGrad((...given: (Tensor | GradSaveFunc)[]) => {
      const save = given[given.length - 1] as GradSaveFunc;
      const value = clone(packTensors(stacked));
      save([...args.tensors, ...time, value]);
      return {
        value,
        gradFunc: (dy: Tensor, saved: Tensor[]) => {
          const gradients = offTape(() => tidy(() => pullBackward(dy, saved)));
          checked.options.onStatistics?.({ ...statistics });
          requireFinite(caller, "y0, args, t and variables", gradients);
          return firstOrderOnly(caller, gradients, [dy, ...saved]);
        },
      };
    });
    return forward.present(unpackTensors(solve(...inputs), stacked)) as Tensor;
  });
}

/** Leaves with times first → one list of leaves a time. */
function transpose(stacked: readonly Tensor[]): Tensor[][] {
  const byLeaf = stacked.map((leaf) => unstack(leaf));
  return byLeaf[0]!.map((_, i) => byLeaf.map((leaf) => leaf[i]!));
}
