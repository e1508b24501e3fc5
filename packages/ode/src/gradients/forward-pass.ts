import type { Tensor, Variable } from "@tensorflow/tfjs-core";
import { OdeError } from "../errors.js";
import { type CheckedCall, requireArrival } from "../input/problem.js";
import { findVariables, isRecording, offTape } from "../state/tape.js";
import type { Statistics } from "../status.js";
import { drive } from "../stepping/drive.js";
import { Outputs } from "../stepping/outputs.js";
import { integrateRecorded, type MakeRecorder } from "../stepping/recorder.js";
import { Checkpoints } from "./checkpoints.js";
import { gradientProblem } from "./gradient-problem.js";

/** A solve that was not recorded, with what a custom gradient needs of it. */
export interface ForwardPass {
  /** Times of the states that were kept, the first among them. */
  readonly times: Float64Array;
  /** Leaves of those states, with times as first axis. */
  readonly stacked: Tensor[];
  readonly checkpoints: Checkpoints<Tensor[]> | undefined;
  /** Trainable variables that f read in its first evaluation. */
  readonly variables: Variable[];
  readonly statistics: Statistics;
  /** Leaves as the user's tree. */
  present(leaves: Tensor[]): unknown;
}

/**
 * Solves without a tape. Call it in a scope, which then holds `stacked` and the checkpoints.
 *
 * @param record default: states at the call's output times
 */
export function forwardPass(
  checked: CheckedCall,
  leaves: Tensor[],
  keepCheckpoints: boolean,
  record: MakeRecorder<Tensor[]> = ({ space }) => new Outputs(space, checked.times.values, leaves),
): ForwardPass {
  // Where the backward pass goes through the steps, they must be such as a gradient can follow.
  const forGradient = keepCheckpoints && isRecording();
  return offTape(() => {
    const { caller, times, options } = checked;
    const { problem, space } = gradientProblem(checked, leaves, forGradient);
    if (keepCheckpoints && problem.method.remembersSteps)
      throw new OdeError(
        `${caller}: checkpointed does not apply to ${problem.method.name}, whose steps can't be taken up from a stored state; take gradient: "steps".`,
      );
    let variables: Variable[] | undefined;
    const f = (t: number, y: Tensor[]): Tensor[] => {
      if (variables !== undefined) return problem.f(t, y);
      // Which variables f reads, the first evaluation tells; a later surprise throws in the backward pass.
      const found = findVariables(() => problem.f(t, y));
      variables = found.variables;
      return found.result;
    };
    const recorder = record(problem);
    const checkpoints = keepCheckpoints ? new Checkpoints(space, times.values[0]!, leaves, recorder) : undefined;
    const { status } = drive(space, integrateRecorded({ ...problem, f }, recorder, checkpoints ?? recorder));
    options.onStatistics?.({ ...problem.statistics });
    if (status.kind !== "finished" && status.kind !== "event") space.close([]);
    requireArrival(caller, status);
    const stacked = space.stackLeaves(recorder.states);
    space.close(checkpoints?.states ?? []);
    return {
      times: Float64Array.from(recorder.times),
      stacked,
      checkpoints,
      variables: variables ?? [],
      statistics: problem.statistics,
      present: (state) => space.present(state),
    };
  });
}
