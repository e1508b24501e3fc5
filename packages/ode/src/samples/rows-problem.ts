import type { Tensor } from "@tensorflow/tfjs-core";
import { gradientReach } from "../gradients/sensitivity.js";
import { TensorSpace } from "../state/tensor-space.js";
import { newStatistics, type Statistics } from "../status.js";
import type { StepSettings } from "../stepping/problem.js";
import type { SampleCall } from "./check-samples.js";
import type { RowsProblem } from "./row-block.js";
import { RowDynamics, type RowFunction } from "./row-dynamics.js";
import { RowLimit } from "./row-limit.js";
import { finiteRows, ownRowNorm, plainRowNorm, type RowNorm } from "./row-norm.js";
import { FIXED_TIMES, type RowTimes } from "./row-times.js";
import { type RowOutput, SampleRow } from "./sample-row.js";

/** What a solve cost, altogether and by row. */
export class Ledger {
  readonly total = newStatistics();
  readonly rows: readonly Statistics[];

  constructor(count: number) {
    this.rows = Array.from({ length: count }, newStatistics);
  }

  report(): Statistics {
    return { ...this.total, rows: this.rows.map((row) => ({ ...row })) };
  }
}

/** How a call is to be solved: forward, or again for a gradient. */
export interface RowsSetting {
  readonly y0: Tensor[];
  /** In place of the tensors in args. */
  readonly args: readonly Tensor[];
  readonly ledger: Ledger;
  /** Whether a gradient is to go through steps that an error estimate chooses. */
  readonly forGradient: boolean;
  readonly times?: RowTimes;
  /** Times after the first at which states are asked for; default: none. */
  readonly outputsOf?: (row: number) => readonly RowOutput[];
  /** In place of the caller's. */
  readonly f?: RowFunction["f"];
}

/** The call as it was made. */
export function rowsProblem(call: SampleCall, setting: RowsSetting): RowsProblem {
  const { plans, times, options, method } = call;
  const { steps } = plans[0]!;
  const { ledger, forGradient } = setting;
  const bounded = steps.kind === "adaptive" && (options.stepsForGradients ?? forGradient);
  const reach = bounded ? gradientReach(method, steps.tolerances) : undefined;
  const rows = times.map(
    (values, index) =>
      new SampleRow({
        index,
        t0: values[0]!,
        t1: values[values.length - 1]!,
        plan: plans[index]!,
        outputs: setting.outputsOf?.(index) ?? [],
        reach,
        statistics: ledger.rows[index]!,
      }),
  );
  const problem = problemOf(call, setting, rows, "nfe");
  return {
    ...problem,
    norm: steps.kind === "adaptive" ? errorNorm(call, steps) : undefined,
    limit: reach === undefined ? undefined : new RowLimit(problem.dynamics, ledger.total),
    onProgress: options.onProgress,
  };
}

function errorNorm(call: SampleCall, { tolerances, ownTest }: StepSettings & { kind: "adaptive" }): RowNorm {
  const { caller, structure, leaves } = call;
  if (ownTest === undefined) return plainRowNorm(tolerances);
  return ownRowNorm(caller, structure, leaves, ownTest, (state) => spaceOf(call).present(state));
}

/** A stretch of a solve whose nodes are known, of some of its rows. */
export interface KnownNodes {
  readonly index: number;
  readonly nodes: readonly number[];
  readonly outputs: readonly RowOutput[];
}

/** The same steps again, as they are differentiated; what it costs counts as backward. */
export function replayProblem(call: SampleCall, setting: RowsSetting, known: readonly KnownNodes[]): RowsProblem {
  const rows = known.map(({ index, nodes, outputs }) => {
    const plan = { ...call.plans[index]!, steps: { kind: "grid", nodes } as const, maxSteps: Number.POSITIVE_INFINITY };
    const statistics = newStatistics();
    return new SampleRow({ index, t0: nodes[0]!, t1: nodes[nodes.length - 1]!, plan, outputs, statistics });
  });
  return problemOf(call, setting, rows, "nfeBackward");
}

/** Adds what a replay cost. */
export function charge({ total, rows }: Ledger, replay: RowsProblem): void {
  total.nfeBackward += replay.statistics.nfeBackward;
  for (const row of replay.set.rows) rows[row.index]!.nfeBackward += row.statistics.nfeBackward;
}

const spaceOf = ({ caller, structure }: SampleCall) => new TensorSpace(caller, structure, { singlePrecisionTime: true });

function problemOf(
  call: SampleCall,
  setting: RowsSetting,
  rows: readonly SampleRow[],
  counted: RowFunction["counted"],
): RowsProblem {
  const { caller, f, args, byRow, options, method } = call;
  const statistics = counted === "nfe" ? setting.ledger.total : newStatistics();
  const dynamics = new RowDynamics({
    f: setting.f ?? ((t, y, tensors) => f(t as never, y, args.withTensors(tensors))),
    space: spaceOf(call),
    byRow,
    statistics,
    counted,
  });
  return {
    caller,
    method,
    dynamics,
    set: { rows, args: setting.args },
    y0: setting.y0,
    times: setting.times ?? FIXED_TIMES,
    norm: undefined,
    finiteRows,
    limit: undefined,
    statistics,
    signal: options.signal,
    onProgress: undefined,
  };
}
