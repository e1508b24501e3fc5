import {
  add,
  clone,
  customGrad,
  type GradSaveFunc,
  mul,
  reshape,
  scalar,
  sum,
  type Tensor,
  tidy,
  type Variable,
  zeros,
  zerosLike,
} from "@tensorflow/tfjs-core";
import { requireFinite } from "../gradients/finite-gradient.js";
import { firstOrderOnly } from "../gradients/first-order.js";
import { packTensors, unpackTensors } from "../gradients/packing.js";
import { requireKnownVariables } from "../gradients/segments.js";
import { findVariables, isRecording, offTape, pullBack } from "../state/tape.js";
import { arrange, arrangeState, choose } from "./arrange.js";
import type { SampleCall } from "./check-samples.js";
import { integrateRows } from "./integrate-rows.js";
import { MovingTimes } from "./moving-times.js";
import { outputsOf, present, run, stackOutputs } from "./odeint-samples.js";
import type { RowFunction } from "./row-dynamics.js";
import { assemble } from "./row-outputs.js";
import { charge, type KnownNodes, Ledger, type RowsSetting, replayProblem, rowsProblem } from "./rows-problem.js";

/** What the backward pass differentiates with respect to, besides y0. */
export interface Parameters {
  readonly args: readonly Tensor[];
  readonly time: Tensor | undefined;
  readonly variables: readonly Variable[];
}

/** Rows that have more steps to take after so many, and their states there. */
interface Checkpoint {
  readonly step: number;
  readonly rows: readonly number[];
  readonly states: Tensor[];
}

/**
 * Each row on its own, its gradient through its steps recomputed between stored states. Those are stored by one more solve when the gradient is asked
 * for, after every √N-th step: only then is it known how many steps each row takes.
 */
export function checkpointedSamples(call: SampleCall): unknown {
  return tidy(() => {
    const { caller, leaves, args, timeTensor, options } = call;
    const ledger = new Ledger(call.count);
    const forward = offTape(() => solveForward(call, ledger, isRecording));
    const { stacked, variables, known } = forward;
    options.onStatistics?.(ledger.report());
    const time = timeTensor === undefined ? [] : [timeTensor];
    const inputs = [...leaves, ...args.tensors, ...time, ...variables];

    const backward = (dy: Tensor, saved: Tensor[]): Tensor[] => {
      const gradients = offTape(() =>
        tidy(() => {
          const y0 = saved.slice(0, leaves.length);
          const parameters = {
            args: saved.slice(leaves.length, leaves.length + args.tensors.length),
            time: time.length === 0 ? undefined : saved[leaves.length + args.tensors.length],
            variables,
          };
          const result = pullBackRows(call, ledger, y0, known, parameters, unpackTensors(dy, stacked));
          return inputs.map((input, i) => result[i] ?? zeros(input.shape));
        }),
      );
      options.onStatistics?.(ledger.report());
      requireFinite(caller, "y0, args, t and variables", gradients);
      return firstOrderOnly(caller, gradients, [dy, ...saved]);
    };
    const solve = customGrad((...given: (Tensor | GradSaveFunc)[]) => {
      const save = given[given.length - 1] as GradSaveFunc;
      save([...leaves, ...args.tensors, ...time]);
      return { value: clone(packTensors(stacked)), gradFunc: backward };
    });
    return present(call, unpackTensors(solve(...inputs), stacked)) as Tensor;
  });
}

export function solveForward(call: SampleCall, ledger: Ledger, forGradient: () => boolean) {
  let variables: Variable[] | undefined;
  const plain: RowFunction["f"] = (t, y, tensors) => call.f(t as never, y, call.args.withTensors(tensors));
  const f: RowFunction["f"] = (t, y, tensors) => {
    if (variables !== undefined) return plain(t, y, tensors);
    // Which variables f reads, the first evaluation tells; a later surprise throws in the backward pass.
    const found = findVariables(() => plain(t, y, tensors));
    variables = found.variables;
    return found.result;
  };
  const setting = { y0: call.leaves, args: call.args.tensors, ledger, f, outputsOf: outputsOf(call), forGradient: forGradient() };
  const problem = rowsProblem(call, setting);
  const stacked = stackOutputs(call, call.leaves, run(call, problem, ledger));
  const outputs = outputsOf(call);
  const known = problem.set.rows.map(({ index, nodes }) => ({ index, nodes, outputs: outputs(index) }));
  return { stacked, known, variables: variables ?? [] };
}

/** Gradients of y0, args, times and variables, in this order; undefined where there is none. */
export function pullBackRows(
  call: SampleCall,
  ledger: Ledger,
  y0: Tensor[],
  known: readonly KnownNodes[],
  { args, time, variables }: Parameters,
  cotangents: readonly Tensor[],
): (Tensor | undefined)[] {
  const most = Math.max(...known.map(({ nodes }) => nodes.length - 1));
  const stride = Math.max(1, Math.ceil(Math.sqrt(most)));
  const flat = cotangents.map((leaf) => reshape(leaf, [-1, ...leaf.shape.slice(2)]));
  const wanted = [...args, ...(time === undefined ? [] : [time]), ...variables];
  const sums: (Tensor | undefined)[] = wanted.map(() => undefined);
  const setting: RowsSetting = { y0, args, ledger, forGradient: false };
  const checkpoints = storeStates(call, setting, known, stride, most);
  /** Cotangents of the states where the segment after ends: of all rows, 0 where a row has arrived before. */
  let incoming = y0.map(zerosLike);
  for (const { step, rows, states } of checkpoints.reverse()) {
    const stretch = rows.map((row) => cut(known[row]!, step, stride));
    const objective = () => {
      const times = time === undefined ? undefined : new MovingTimes(call, time);
      const own = args.map((arg, i) => (call.byRow[i] ? arrange(arg, rows) : arg));
      const again = replayProblem(call, { ...setting, y0: states, args: own, ...(times && { times }) }, stretch);
      const pieces = integrateRows(again);
      charge(ledger, again);
      const keys = pieces.flatMap((piece) => piece.keys);
      const result = assemble(pieces, keys);
      const weights = offTape(() => cotangentsOf(keys, flat, incoming));
      return result.map((leaf, m) => sum(mul(leaf, weights[m]!))).reduce((total, term) => add(total, term), scalar(0));
    };
    const { value, gradients, variables: read } = pullBack(objective, [...states, ...wanted]);
    requireKnownVariables(read, variables);
    value.dispose();
    const back = states.map((leaf, m) => gradients[m] ?? zerosLike(leaf));
    incoming = spread(back, rows, call.count);
    wanted.forEach((_, k) => {
      const gradient = gradients[states.length + k];
      const before = sums[k];
      if (gradient !== undefined) sums[k] = before === undefined ? gradient : add(before, gradient);
    });
  }
  // y0 is the first output, too.
  const first = arrangeState(
    flat,
    known.map(({ index }) => index),
  );
  return [...incoming.map((leaf, m) => add(leaf, first[m]!)), ...sums];
}

/** Keys from here on are ends of segments, not outputs; the rest tells the row. */
const endKey = (call: number) => -1 - call;

/** The steps of one segment. Its end is asked for where the row goes on. */
function cut({ index, nodes, outputs }: KnownNodes, first: number, stride: number): KnownNodes {
  const own = nodes.slice(first, first + stride + 1);
  const [start, end] = [own[0]!, own[own.length - 1]!];
  const direction = end >= start ? 1 : -1;
  const isLast = first + stride >= nodes.length - 1;
  const inside = outputs.filter(({ time }) => (time - start) * direction > 0 && (isLast || (time - end) * direction <= 0));
  return { index, nodes: own, outputs: isLast ? inside : [...inside, { time: end, key: endKey(index) }] };
}

/** Solves again, and keeps the states of the rows that have not arrived after every so many steps. */
function storeStates(
  call: SampleCall,
  setting: RowsSetting,
  known: readonly KnownNodes[],
  stride: number,
  most: number,
): Checkpoint[] {
  const stored: Checkpoint[] = [];
  let states = setting.y0;
  let rows = known.map(({ index }) => index);
  for (let step = 0; step < most; step += stride) {
    rows = rows.filter((row) => known[row]!.nodes.length - 1 > step);
    stored.push({ step, rows, states });
    const going = rows.filter((row) => known[row]!.nodes.length - 1 > step + stride);
    if (going.length === 0) break;
    const stretch = rows.map((row) => {
      const { nodes, outputs } = cut(known[row]!, step, stride);
      return { index: row, nodes, outputs: outputs.filter(({ key }) => key < 0) };
    });
    const args = setting.args.map((arg, i) => (call.byRow[i] ? arrange(arg, rows) : arg));
    const again = replayProblem(call, { ...setting, y0: states, args }, stretch);
    states = tidy(() => assemble(integrateRows(again), going.map(endKey)));
    charge(setting.ledger, again);
  }
  return stored;
}

/** Cotangents of states by their keys: outputs [times · rows] or ends [rows]. */
function cotangentsOf(keys: readonly number[], outputs: readonly Tensor[], ends: readonly Tensor[]): Tensor[] {
  return choose(
    [outputs, ends],
    keys.map((key): readonly [number, number] => (key >= 0 ? [0, key] : [1, endKey(key)])),
  );
}

/** A state of some rows as one of all, 0 in the others. */
export function spread(state: readonly Tensor[], rows: readonly number[], count: number): Tensor[] {
  const from = new Array<number>(count).fill(-1);
  rows.forEach((row, i) => {
    from[row] = i;
  });
  return arrangeState(state, from);
}
