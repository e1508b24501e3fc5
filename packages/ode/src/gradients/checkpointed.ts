import { add, clone, customGrad, type GradSaveFunc, type Tensor, tidy, unstack, zeros } from "@tensorflow/tfjs-core";
import type { CheckedCall } from "../input/problem.js";
import { tensorProblem } from "../input/tensor-problem.js";
import type { MakeRecorder } from "../stepping/recorder.js";
import { argumentTensors } from "./argument-tensors.js";
import { requireFinite } from "./finite-gradient.js";
import { firstOrderOnly } from "./first-order.js";
import { forwardPass } from "./forward-pass.js";
import { packTensors, unpackTensors } from "./packing.js";
import { pullBackSegments, segmentsOf } from "./segments.js";

/**
 * A solve whose gradient goes through its steps, recomputed between stored states: memory O(√steps), one more evaluation of each.
 *
 * @param record what is kept of it; default: states at the output times
 */
export function checkpointed(checked: CheckedCall, record?: MakeRecorder<Tensor[]>): unknown {
  return tidy(() => {
    const { caller, times, options, y0 } = checked;
    const leaves = y0.leaves as Tensor[];
    const args = argumentTensors(caller, options.args);
    const forward = forwardPass(checked, leaves, true, record);
    const { stacked, variables, statistics } = forward;
    const checkpoints = forward.checkpoints!;
    const time = times.tensor === undefined ? [] : [times.tensor];
    const inputs = [...leaves, ...args.tensors, ...time, ...variables];
    const count = { y: leaves.length, args: args.tensors.length, time: time.length };

    const backward = (dy: Tensor, saved: Tensor[]): Tensor[] => {
      const gradients = tidy(() => {
        const start = saved.slice(0, count.y);
        const savedArgs = saved.slice(count.y, count.y + count.args);
        const savedTime = saved.slice(count.y + count.args, count.y + count.args + count.time);
        const stored = saved.slice(count.y + count.args + count.time);
        const states = Array.from({ length: checkpoints.states.length }, (_, i) => stored.slice(i * count.y, (i + 1) * count.y));
        const byLeaf = unpackTensors(dy, stacked).map((leaf) => unstack(leaf));
        const at = Array.from(forward.times, (_, i) => byLeaf.map((leaf) => leaf[i]!));
        const replay = () =>
          tensorProblem(
            {
              ...checked,
              times: { values: times.values, tensor: savedTime[0] },
              options: { ...options, args: args.withTensors(savedArgs) },
            },
            start,
          );
        const segments = segmentsOf(checkpoints.nodes, states, checkpoints.stride);
        const parameters = { tensors: [...savedArgs, ...savedTime], variables };
        const result = pullBackSegments(segments, replay, parameters, { times: forward.times, at }, undefined, statistics);
        return [
          // Where t holds one time there was no step to go back through.
          ...at[0]!.map((leaf, m) => (segments.length === 0 ? clone(leaf) : add(result.state[m]!, leaf))),
          ...result.parameters.map((gradient, k) => gradient ?? zeros(inputs[count.y + k]!.shape)),
        ];
      });
      options.onStatistics?.({ ...statistics });
      requireFinite(caller, "y0, args, t and variables", gradients);
      return firstOrderOnly(caller, gradients, [dy, ...saved]);
    };

    const stored = checkpoints.states.flat();
    const solve = customGrad((...given: (Tensor | GradSaveFunc)[]) => {
      const save = given[given.length - 1] as GradSaveFunc;
      save([...leaves, ...args.tensors, ...time, ...stored]);
      return { value: clone(packTensors(stacked)), gradFunc: backward };
    });
    const packed = solve(...inputs);
    return forward.present(unpackTensors(packed, stacked)) as Tensor;
  });
}
