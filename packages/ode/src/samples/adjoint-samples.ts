import {
  add,
  clone,
  customGrad,
  type GradSaveFunc,
  neg,
  reshape,
  stack,
  sum,
  type Tensor,
  tidy,
  unstack,
  zeros,
  zerosLike,
} from "@tensorflow/tfjs-core";
import { requireFinite } from "../gradients/finite-gradient.js";
import { firstOrderOnly } from "../gradients/first-order.js";
import { packTensors, unpackTensors } from "../gradients/packing.js";
import type { BackwardPlan } from "../input/backward-plan.js";
import { offTape } from "../state/tape.js";
import { TensorSpace } from "../state/tensor-space.js";
import type { Fallback } from "../status.js";
import { arrange, arrangeState, choose } from "./arrange.js";
import type { SampleCall } from "./check-samples.js";
import { pullBackRows, solveForward, spread } from "./checkpointed-samples.js";
import { knownNodes, present } from "./odeint-samples.js";
import { partOfSteps } from "./part-of-steps.js";
import { type Interval, plus, RowAdjoint, type Sums } from "./row-adjoint.js";
import { RowFailure } from "./row-failure.js";
import { plainRowNorm } from "./row-norm.js";
import { Ledger } from "./rows-problem.js";

/** A backward solve may take this many steps more than the forward one: it is lost where it takes more. */
const LEAST_STEPS = 100;
const STEPS_AS_FORWARD = 4;
/** What float32 can hold: no state is reconstructed to better than about a hundred of these. */
const FINEST = { rtol: 1e-5, atol: 1e-7 };

/** Each row on its own, its gradient from its adjoint equation, integrated backward with steps of its own. */
export function adjointSamples(call: SampleCall, backward: readonly BackwardPlan[]): unknown {
  return tidy(() => {
    const { caller, leaves, args, timeTensor, options } = call;
    const ledger = new Ledger(call.count);
    const { stacked, variables } = offTape(() => solveForward(call, ledger, () => false));
    options.onStatistics?.(ledger.report());
    const time = timeTensor === undefined ? [] : [timeTensor];
    const inputs = [...leaves, ...args.tensors, ...time, ...variables];
    const solve = customGrad((...given: (Tensor | GradSaveFunc)[]) => {
      const save = given[given.length - 1] as GradSaveFunc;
      const value = clone(packTensors(stacked));
      save([...args.tensors, value]);
      const gradFunc = (dy: Tensor, saved: Tensor[]) => {
        const gradients = offTape(() =>
          tidy(() => {
            const savedArgs = saved.slice(0, args.tensors.length);
            const states = unpackTensors(saved[saved.length - 1]!, stacked);
            const pass = new BackwardPass(call, backward, savedArgs, variables, ledger);
            const result = pass.run(states, unpackTensors(dy, stacked));
            return inputs.map((input, i) => result[i] ?? zeros(input.shape));
          }),
        );
        options.onStatistics?.(ledger.report());
        requireFinite(caller, "y0, args, t and variables", gradients);
        return firstOrderOnly(caller, gradients, [dy, ...saved]);
      };
      return { value, gradFunc };
    });
    return present(call, unpackTensors(solve(...inputs), stacked)) as Tensor;
  });
}

/** Rows that can't be integrated backward from an output on, with their adjoints there. */
interface Lost {
  readonly row: number;
  readonly index: number;
  readonly a: Tensor[];
}

class BackwardPass {
  readonly #call: SampleCall;
  readonly #backward: readonly BackwardPlan[];
  readonly #args: readonly Tensor[];
  readonly #variables: ConstructorParameters<typeof RowAdjoint>[0]["variables"];
  readonly #ledger: Ledger;
  readonly #adjoint: RowAdjoint;
  #sums: Sums;
  readonly #lost: Lost[] = [];

  constructor(
    call: SampleCall,
    backward: readonly BackwardPlan[],
    args: readonly Tensor[],
    variables: ConstructorParameters<typeof RowAdjoint>[0]["variables"],
    ledger: Ledger,
  ) {
    this.#call = call;
    this.#backward = backward;
    this.#args = args;
    this.#variables = variables;
    this.#ledger = ledger;
    this.#sums = [...args, ...variables].map(() => undefined);
    const maxSteps = ledger.rows.map(
      ({ accepted, rejected }, i) => backward[i]!.maxSteps ?? LEAST_STEPS + STEPS_AS_FORWARD * (accepted + rejected),
    );
    this.#adjoint = new RowAdjoint({ call, plans: backward.map(({ plan }) => plan), maxSteps, args, variables, ledger });
  }

  /** Gradients of y0, args, times and variables. States and cotangents are [times, rows, …]. */
  run(stacked: readonly Tensor[], dy: readonly Tensor[]): (Tensor | undefined)[] {
    const { count, times, timeTensor } = this.#call;
    const at = (tensors: readonly Tensor[]) => {
      const byLeaf = tensors.map((leaf) => unstack(leaf));
      return byLeaf[0]!.map((_, k) => byLeaf.map((leaf) => leaf[k]!));
    };
    const [states, cotangents] = [at(stacked), at(dy)];
    const last = times[0]!.length - 1;
    const everyRow = Array.from({ length: count }, (_, row) => row);
    const timeGradients: Tensor[] = [];
    const timesAt = (index: number, rows: readonly number[]) => rows.map((row) => times[row]![index]!);
    if (timeTensor !== undefined && last > 0)
      for (let k = 1; k <= last; k++)
        timeGradients[k] = this.#adjoint.alongFlow(everyRow, timesAt(k, everyRow), states[k]!, cotangents[k]!);

    let rows = everyRow;
    let a = states[0]!.map(zerosLike);
    let firstSteps = rows.map(() => Number.NaN);
    for (let index = last; index > 0 && rows.length > 0; index--) {
      const at = { from: timesAt(index, rows), to: timesAt(index - 1, rows) };
      const start = a.map((leaf, m) => add(leaf, arrange(cotangents[index]![m]!, rows)));
      const interval: Interval = { rows, ...at, firstSteps, y: arrangeState(states[index]!, rows), a: start };
      const passed = this.#pass(interval, index, states[index - 1]!);
      rows = passed.rows;
      a = passed.a;
      firstSteps = passed.firstSteps;
    }
    this.#adjoint.charge();
    let gradient = rows.length === 0 ? states[0]!.map(zerosLike) : spread(a, rows, count);
    if (this.#lost.length > 0) gradient = this.#throughStoredStates(states, cotangents, gradient);
    if (timeTensor !== undefined) {
      if (last === 0) timeGradients[0] = zeros([count]);
      else timeGradients[0] = neg(this.#adjoint.alongFlow(everyRow, timesAt(0, everyRow), states[0]!, gradient));
    }
    this.#adjoint.charge();
    return [
      ...gradient.map((leaf, m) => add(leaf, cotangents[0]![m]!)),
      ...this.#sums.slice(0, this.#args.length),
      ...this.#ofTimes(timeGradients),
      ...this.#sums.slice(this.#args.length),
    ];
  }

  #ofTimes(byOutput: readonly Tensor[]): Tensor[] {
    const { timeTensor } = this.#call;
    if (timeTensor === undefined) return [];
    return [timeTensor.rank === 1 ? stack(byOutput.map((gradient) => sum(gradient))) : stack([...byOutput], 1)];
  }

  /** Passes an interval backward: the rows that arrive where they came from, their adjoints there, and their next steps. */
  #pass(interval: Interval, index: number, stored: readonly Tensor[]): { rows: number[]; a: Tensor[]; firstSteps: number[] } {
    const { rows } = interval;
    try {
      const { y, a, steps } = this.#adjoint.pass(interval);
      const limit = this.#backward[0]!.detectInstability;
      const deviations = limit === false ? rows.map(() => 0) : this.#deviations(y, arrangeState(stored, rows));
      const stable = Array.from(rows.keys()).filter((i) => deviations[i]! <= (limit || Number.POSITIVE_INFINITY));
      rows.forEach((_, i) => {
        if (!stable.includes(i)) this.#lose(interval, i, index, "reconstruction", deviations[i]!);
      });
      if (stable.length === 0) return { rows: [], a: [], firstSteps: [] };
      const trusted = pick(interval, stable);
      const taken = stable.map((i) => steps[i]!);
      this.#sums = this.#adjoint.integrate(trusted, taken, this.#sums);
      return {
        rows: [...trusted.rows],
        a: arrangeState(a, stable),
        firstSteps: stable.map((i) => steps[i]!.policy.wanted ?? Number.NaN),
      };
    } catch (error) {
      if (!(error instanceof RowFailure)) throw error;
      // Rows that are as far behind when one fails are given up with it; the others go once more.
      const behind = new Set(error.unfinished);
      const others: number[] = [];
      rows.forEach((row, i) => {
        if (behind.has(row)) this.#lose(interval, i, index, error.status!.kind, Number.NaN);
        else others.push(i);
      });
      return others.length === 0 ? { rows: [], a: [], firstSteps: [] } : this.#pass(pick(interval, others), index, stored);
    }
  }

  #lose(interval: Interval, i: number, index: number, cause: Fallback["cause"], deviation: number): void {
    const row = interval.rows[i]!;
    const times = this.#call.times[row]!;
    const fallback: Fallback = { interval: [times[index - 1]!, times[index]!], cause, deviation, intervals: index };
    this.#ledger.rows[row]!.fallback = fallback;
    this.#ledger.total.fallback ??= fallback;
    this.#lost.push({ row, index, a: arrangeState(interval.a, [i]) });
  }

  /** How far each row's reconstructed state is from the stored one, in tolerances. */
  #deviations(y: readonly Tensor[], stored: readonly Tensor[]): ArrayLike<number> {
    const { steps } = this.#backward[0]!.plan;
    const asked = steps.kind === "adaptive" ? steps.tolerances : TensorSpace.defaultTolerances;
    const tolerances = { rtol: Math.max(asked.rtol, FINEST.rtol), atol: Math.max(asked.atol, FINEST.atol) };
    const weights = Array.from({ length: y[0]!.shape[0]! }, () => [1, -1]);
    return plainRowNorm(tolerances)(weights, [y, stored], stored, stored);
  }

  /** The way from the first output of the lost rows, through their steps. Adds to the sums; the gradient of y0 with theirs in it. */
  #throughStoredStates(states: readonly Tensor[][], cotangents: readonly Tensor[][], known: Tensor[]): Tensor[] {
    const call = this.#call;
    const lost = this.#lost;
    const rows = lost.map(({ row }) => row);
    const y0 = arrangeState(states[0]!, rows);
    const part: SampleCall = {
      ...call,
      leaves: y0,
      count: rows.length,
      times: lost.map(({ row, index }) => call.times[row]!.subarray(0, index + 1)),
      timeTensor: undefined,
      plans: lost.map(({ row, index }) => {
        const times = call.times[row]!;
        const plan = call.plans[row]!;
        const steps = partOfSteps(plan.steps, times[0]!, times[index]!);
        return {
          ...plan,
          steps: steps.kind === "adaptive" ? { ...steps, overshoot: false } : steps,
          maxSteps: Number.POSITIVE_INFINITY,
        };
      }),
    };
    const args = this.#args.map((arg, i) => (call.byRow[i] ? arrange(arg, rows) : arg));
    const ledger = new Ledger(rows.length);
    const nodes = knownNodes(part, { y0, args, ledger, forGradient: true });
    const longest = Math.max(...lost.map(({ index }) => index));
    const ends = lost[0]!.a.map((_, m) => packRows(lost.map(({ a }) => a[m]!)));
    const byTime = Array.from({ length: longest + 1 }, (_, k) =>
      choose(
        [cotangents[k], ends],
        lost.map(({ row, index }, i): readonly [number, number] => (k < index ? [0, row] : [1, i])),
      ),
    );
    const stacked = ends.map((_, m) => stack(byTime.map((leaves) => leaves[m]!)));
    const parameters = { args, time: undefined, variables: this.#variables };
    const result = pullBackRows(part, ledger, y0, nodes, parameters, stacked);
    const half = y0.length;
    // The first output's own cotangent is added by whoever asked.
    const first = result.slice(0, half).map((leaf, m) => add(leaf!, neg(byTime[0]![m]!)));
    const more = result
      .slice(half)
      .map((gradient, k) => (gradient && call.byRow[k] ? spread([gradient], rows, call.count)[0] : gradient));
    this.#sums = plus(this.#sums, more);
    ledger.rows.forEach(({ nfe, nfeBackward }, i) => {
      this.#ledger.rows[rows[i]!]!.nfeBackward += nfe + nfeBackward;
    });
    this.#ledger.total.nfeBackward += ledger.total.nfe + ledger.total.nfeBackward;
    return known.map((leaf, m) => add(leaf, spread([first[m]!], rows, call.count)[0]!));
  }
}

/** Some rows of an interval. */
function pick({ rows, from, to, firstSteps, y, a }: Interval, positions: readonly number[]): Interval {
  const of = <T>(values: readonly T[]) => positions.map((position) => values[position]!);
  return {
    rows: of(rows),
    from: of(from),
    to: of(to),
    firstSteps: of(firstSteps),
    y: arrangeState(y, positions),
    a: arrangeState(a, positions),
  };
}

/** Tensors [1, …] as one [rows, …]. */
const packRows = (tensors: readonly Tensor[]): Tensor =>
  reshape(stack([...tensors]), [tensors.length, ...tensors[0]!.shape.slice(1)]);
