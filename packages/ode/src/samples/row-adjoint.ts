import { add, concat, mul, neg, reshape, sum, type Tensor, tidy, type Variable, zerosLike } from "@tensorflow/tfjs-core";
import { packTensors, unpackTensors } from "../gradients/packing.js";
import { requireKnownVariables } from "../gradients/segments.js";
import type { Plan } from "../input/plan.js";
import type { ExplicitMethod } from "../methods/explicit/tableau.js";
import { pullBack } from "../state/tape.js";
import { TensorSpace } from "../state/tensor-space.js";
import { newStatistics } from "../status.js";
import { arrange, arrangeState, columnShape } from "./arrange.js";
import type { SampleCall } from "./check-samples.js";
import { scaleRows, tryRows } from "./explicit-rows.js";
import { integrateRows } from "./integrate-rows.js";
import { partOfSteps } from "./part-of-steps.js";
import { RowDynamics, type RowSet, timesTensor } from "./row-dynamics.js";
import { finiteRows, plainRowNorm } from "./row-norm.js";
import { assemble } from "./row-outputs.js";
import { FIXED_TIMES } from "./row-times.js";
import type { Ledger } from "./rows-problem.js";
import { SampleRow } from "./sample-row.js";

/** One interval between outputs of some rows, to be passed backward. */
export interface Interval {
  /** The rows, by their places in the batch. */
  readonly rows: readonly number[];
  readonly from: readonly number[];
  readonly to: readonly number[];
  /** Lengths of the first steps; NaN: chosen. */
  readonly firstSteps: readonly number[];
  readonly y: Tensor[];
  readonly a: Tensor[];
}

/** What the adjoint of each row needs that the whole solve shares. */
export interface RowAdjointSetting {
  readonly call: SampleCall;
  /** How each row steps backward. */
  readonly plans: readonly Plan[];
  readonly maxSteps: readonly number[];
  readonly args: readonly Tensor[];
  readonly variables: readonly Variable[];
  readonly ledger: Ledger;
}

/** A gradient of each arg and variable; undefined where nothing depends on it. */
export type Sums = readonly (Tensor | undefined)[];

export const plus = (sums: Sums, more: Sums): Sums =>
  sums.map((sum, k) => {
    const gradient = more[k];
    return sum === undefined || gradient === undefined ? (sum ?? gradient) : add(sum, gradient);
  });

/** The adjoint equation of each row: y′ = f, a′ = −aᵀ ∂f/∂y, every row with its own steps. */
export class RowAdjoint {
  readonly #setting: RowAdjointSetting;
  readonly #method: ExplicitMethod;
  readonly #forward: RowDynamics;
  readonly #backward: RowDynamics;
  readonly #statistics = newStatistics();

  constructor(setting: RowAdjointSetting) {
    const { call, plans } = setting;
    const { byRow, leaves } = call;
    this.#setting = setting;
    this.#method = plans[0]!.method as ExplicitMethod;
    const counted = { byRow, statistics: this.#statistics, counted: "nfeBackward" } as const;
    this.#forward = new RowDynamics({
      ...counted,
      f: (t, y, tensors) => call.f(t as never, y, call.args.withTensors(tensors)),
      space: new TensorSpace(call.caller, call.structure, { singlePrecisionTime: true }),
    });
    const children = Array.from({ length: 2 * leaves.length }, () => ({ kind: "leaf" }) as const);
    this.#backward = new RowDynamics({
      ...counted,
      f: (t, packed, tensors) => this.#slopes(t, packed as Tensor[], tensors),
      space: new TensorSpace(`${call.caller}: adjoint`, { kind: "array", children }, { singlePrecisionTime: true }),
    });
  }

  #slopes(t: Tensor, packed: Tensor[], args: readonly Tensor[]): Tensor[] {
    const [y, a] = this.#halves(packed);
    const f = () => packTensors(this.#forward.apply(t, y, args));
    const { value, gradients, variables } = pullBack(f, y, packTensors(a));
    requireKnownVariables(variables, this.#setting.variables);
    return [
      ...unpackTensors(value, y),
      ...y.map((leaf, m) => (gradients[m] === undefined ? zerosLike(leaf) : neg(gradients[m]))),
    ];
  }

  #halves(packed: Tensor[]): [y: Tensor[], a: Tensor[]] {
    const half = packed.length / 2;
    return [packed.slice(0, half), packed.slice(half)];
  }

  /** f · cotangent of each row: [rows]. */
  alongFlow(rows: readonly number[], times: readonly number[], y: Tensor[], cotangent: readonly Tensor[]): Tensor {
    const set = this.#rowSet(rows.map((index) => this.#rowOf(index, times[0]!, times[0]!, Number.NaN)));
    return tidy(() =>
      this.#forward
        .evaluate(set, timesTensor(times), y)
        .map((slope, m) => sum(reshape(mul(slope, cotangent[m]!), [rows.length, -1]), 1))
        .reduce((total, term) => add(total, term)),
    );
  }

  /** Integrates backward through an interval: states at its other end, and the nodes of each row. */
  pass({ rows, from, to, firstSteps, y, a }: Interval): { y: Tensor[]; a: Tensor[]; steps: SampleRow[] } {
    const { call, plans } = this.#setting;
    const own = rows.map((index, i) => this.#rowOf(index, from[i]!, to[i]!, firstSteps[i]!));
    const { steps } = plans[0]!;
    const pieces = integrateRows({
      caller: `${call.caller}: adjoint`,
      method: this.#method,
      dynamics: this.#backward,
      set: this.#rowSet(own),
      y0: [...y, ...a],
      times: FIXED_TIMES,
      norm: steps.kind === "adaptive" ? plainRowNorm(steps.tolerances) : undefined,
      finiteRows,
      limit: undefined,
      statistics: this.#statistics,
      signal: call.options.signal,
      onProgress: undefined,
    });
    const [arrived, adjoint] = this.#halves(assemble(pieces, [...rows]));
    return { y: arrived, a: adjoint, steps: own };
  }

  #rowOf(index: number, t0: number, t1: number, firstStep: number): SampleRow {
    const { plans, maxSteps, ledger } = this.#setting;
    const plan = plans[index]!;
    const part = partOfSteps(plan.steps, t0, t1);
    const steps = part.kind === "adaptive" && firstStep > 0 ? { ...part, firstStep } : part;
    const statistics = newStatistics();
    const row = new SampleRow({
      index,
      t0,
      t1,
      plan: { ...plan, steps, maxSteps: maxSteps[index]! },
      outputs: [{ time: t1, key: index }],
      statistics,
    });
    this.#charged.push(() => {
      ledger.rows[index]!.nfeBackward += statistics.nfeBackward;
    });
    return row;
  }

  readonly #charged: (() => void)[] = [];

  /** Adds what it cost to the ledger, once. */
  charge(): void {
    for (const charge of this.#charged.splice(0)) charge();
    this.#setting.ledger.total.nfeBackward += this.#statistics.nfeBackward;
    this.#statistics.nfeBackward = 0;
  }

  #rowSet(rows: readonly SampleRow[]): RowSet {
    const { call, args } = this.#setting;
    const places = rows.map(({ index }) => index);
    return { rows, args: args.map((arg, i) => (call.byRow[i] ? arrange(arg, places) : arg)) };
  }

  /**
   * −∫ aᵀ ∂f/∂θ dt over an interval that `pass` went through, for args and variables, by the quadrature of the method on the same steps. Apart from
   * `pass`, since only afterwards is it known whether its steps can be trusted.
   *
   * @param sums gradients so far, undefined where there is none; the answer takes their place
   */
  integrate({ rows, y, a }: Interval, steps: readonly SampleRow[], sums: Sums): Sums {
    const { args, variables } = this.#setting;
    if (![...args, ...variables].some(({ dtype }) => dtype === "float32")) return sums;
    const most = Math.max(...steps.map(({ nodes }) => nodes.length - 1));
    const nodesOf = new Map(steps.map((row) => [row.index, row.nodes]));
    let set = this.#rowSet(rows.map((index, i) => this.#rowOf(index, steps[i]!.t0, steps[i]!.t1, Number.NaN)));
    let state = [...y, ...a];
    const slopesAt = (times: readonly number[]) => {
      const after = set.rows.map((row, i) => row.afterJump(times[i]!));
      return this.#backward.evaluate(set, timesTensor(after), state);
    };
    let slope = slopesAt(set.rows.map(({ t0 }) => t0));
    let total = sums;
    for (let k = 0; k < most; k++) {
      const positions = Array.from(set.rows.keys()).filter((p) => nodesOf.get(set.rows[p]!.index)!.length - 1 > k);
      const before = [...state, ...slope];
      tidy(() => {
        set = this.#backward.narrow(set, positions);
        for (const row of set.rows) {
          const [t0, t1] = [nodesOf.get(row.index)![k]!, nodesOf.get(row.index)![k + 1]!];
          row.span = { t0, t1, h: t1 - t0 };
        }
        const [start, first] = [arrangeState(state, positions), arrangeState(slope, positions)];
        const trial = tryRows(this.#method, this.#backward, set, FIXED_TIMES, start, first);
        total = plus(total, this.#parameterGradients(set, trial.states));
        state = trial.y1;
        slope = trial.slopes[trial.slopes.length - 1]!;
        const known = this.#method.firstSameAsLast && !set.rows.some((row) => row.isJump(row.span.t1));
        if (!known && k < most - 1) slope = slopesAt(set.rows.map(({ span }) => span.t1));
        return [...state, ...slope, ...set.args, ...total.filter((sum) => sum !== undefined)];
      });
      if (k > 0) for (const tensor of before) tensor.dispose();
    }
    return total;
  }

  /** −h Σᵢ bᵢ aᵢᵀ ∂f/∂θ of one step of these rows: all stages at once. */
  #parameterGradients({ rows }: RowSet, states: readonly Tensor[][]): Sums {
    const { call, args, variables } = this.#setting;
    const { weights, nodes } = this.#method;
    const stages = Array.from(weights.keys()).filter((i) => weights[i] !== 0);
    const places = rows.map(({ index }) => index);
    const stacked = (parts: readonly Tensor[]) => (parts.length === 1 ? parts[0]! : concat([...parts]));
    const half = call.leaves.length;
    const y = Array.from({ length: half }, (_, m) => stacked(stages.map((i) => states[i]![m]!)));
    const cotangent = Array.from({ length: half }, (_, m) => {
      const own = stages.map((i) => {
        const factors = timesTensor(rows.map(({ span }) => -span.h * weights[i]!));
        return scaleRows([states[i]![half + m]!], factors)[0]!;
      });
      return stacked(own);
    });
    const times = stages.flatMap((i) => rows.map((row) => row.stageTime(nodes[i]!)));
    const t = reshape(timesTensor(times), columnShape(times.length, y[0]!.rank));
    for (const row of rows) row.statistics.nfeBackward += stages.length;
    this.#statistics.nfeBackward++;
    const f = () => {
      const own = args.map((arg, i) => {
        if (!call.byRow[i]) return arg;
        const picked = arrange(arg, places);
        return stacked(stages.map(() => picked));
      });
      return packTensors(this.#forward.apply(t, y, own));
    };
    const { gradients, variables: read, value } = pullBack(f, [...args, ...variables], packTensors(cotangent));
    requireKnownVariables(read, variables);
    value.dispose();
    return gradients;
  }
}
