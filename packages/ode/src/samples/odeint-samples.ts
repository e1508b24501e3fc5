import { reshape, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { OdeError } from "../errors.js";
import { watchGradient } from "../gradients/finite-gradient.js";
import { isRecording, offTape, rewindTape, tapeMark } from "../state/tape.js";
import { unflatten } from "../state/tree.js";
import type { SampleCall } from "./check-samples.js";
import { integrateRows } from "./integrate-rows.js";
import { MovingTimes } from "./moving-times.js";
import type { RowsProblem } from "./row-block.js";
import { RowFailure } from "./row-failure.js";
import { assemble, type Piece } from "./row-outputs.js";
import { FIXED_TIMES } from "./row-times.js";
import { charge, type KnownNodes, Ledger, type RowsSetting, replayProblem, rowsProblem } from "./rows-problem.js";
import type { RowOutput } from "./sample-row.js";

/** The output times of a row after the first; a key tells the time and the row. */
export const outputsOf =
  ({ times, count }: SampleCall) =>
  (row: number): RowOutput[] =>
    Array.from(times[row]!.subarray(1), (time, i) => ({ time, key: (i + 1) * count + row }));

/** Solves each row on its own; gradients go through the steps. */
export function odeintSamples(call: SampleCall): unknown {
  const mark = tapeMark();
  const ledger = new Ledger(call.count);
  try {
    return tidy(() => {
      const { timeTensor } = call;
      const times = timeTensor && isRecording() ? { times: new MovingTimes(call, timeTensor) } : {};
      const setting: RowsSetting = { y0: call.leaves, args: call.args.tensors, ledger, forGradient: isRecording(), ...times };
      // Which steps are taken is found out unrecorded, and the steps that were taken are recorded: those rejected have no part in the gradient.
      const replayed = isRecording() && call.plans[0]!.steps.kind === "adaptive";
      const stacked = replayed ? solveTwice(call, setting) : solveOnce(call, { ...setting, outputsOf: outputsOf(call) });
      call.options.onStatistics?.(ledger.report());
      return present(call, stacked) as Tensor;
    });
  } catch (error) {
    rewindTape(mark);
    throw error;
  }
}

function solveOnce(call: SampleCall, setting: RowsSetting): Tensor[] {
  const problem = rowsProblem(call, setting);
  return stackOutputs(call, setting.y0, run(call, problem, setting.ledger));
}

function solveTwice(call: SampleCall, setting: RowsSetting): Tensor[] {
  const known = offTape(() => knownNodes(call, { ...setting, times: FIXED_TIMES }));
  const y0 = watchGradient(call.caller, "y0", setting.y0);
  const again = replayProblem(call, { ...setting, y0 }, known);
  const pieces = integrateRows(again);
  charge(setting.ledger, again);
  return stackOutputs(call, y0, pieces);
}

/** Solves for the nodes alone. Call it off the tape. */
export function knownNodes(call: SampleCall, setting: RowsSetting): KnownNodes[] {
  const problem = rowsProblem(call, setting);
  tidy(() => {
    run(call, problem, setting.ledger);
  });
  const outputs = outputsOf(call);
  return problem.set.rows.map(({ index, nodes }) => ({ index, nodes, outputs: outputs(index) }));
}

/** Integrates; a row that can't arrive ends it, and who listens still hears of the cost. */
export function run({ caller, options }: SampleCall, problem: RowsProblem, ledger: Ledger): Piece[] {
  try {
    return integrateRows(problem);
  } catch (error) {
    if (!(error instanceof RowFailure)) throw error;
    options.onStatistics?.(ledger.report());
    throw new OdeError(`${caller}: ${error.message}`, { status: error.status! });
  }
}

/** Outputs with times as first axis and rows as second. */
export function stackOutputs({ count, times }: SampleCall, y0: readonly Tensor[], pieces: readonly Piece[]): Tensor[] {
  const first: Piece = { states: [...y0], keys: Array.from({ length: count }, (_, row) => row) };
  const length = times[0]!.length;
  const keys = Array.from({ length: length * count }, (_, key) => key);
  return assemble([first, ...pieces], keys).map((leaf) => reshape(leaf, [length, count, ...leaf.shape.slice(1)]));
}

/** Leaves as the user's tree. */
export const present = ({ structure }: SampleCall, leaves: readonly Tensor[]): unknown =>
  structure.kind === "leaf" ? leaves[0] : unflatten<Tensor>(structure, leaves);
