import { checkChoice, describeValue, isTensor } from "@latentflow/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { OdeError } from "../errors.js";
import { type ArgumentTensors, argumentTensors } from "../gradients/argument-tensors.js";
import { type BackwardPlan, planBackward } from "../input/backward-plan.js";
import { checkDynamics, checkInitialState, checkOptionsObject, checkTimes, type UserDynamics } from "../input/check-arguments.js";
import type { LooseOptions, Plan } from "../input/plan.js";
import type { CheckedCall } from "../input/problem.js";
import { planTensors } from "../input/tensor-problem.js";
import type { MethodTable } from "../methods/choose.js";
import type { ExplicitMethod } from "../methods/explicit/tableau.js";
import type { Method } from "../methods/method.js";
import { refuseDisposed } from "../state/disposed.js";
import { flatten, isLeaf, type Tree, type TreeStructure } from "../state/tree.js";

/** A solve of each row of a batch on its own, checked. */
export interface SampleCall {
  readonly caller: string;
  readonly f: UserDynamics;
  readonly structure: TreeStructure;
  readonly leaves: Tensor[];
  /** Rows of the batch. */
  readonly count: number;
  /** Output times of each row, the first that of y0; as many for each. */
  readonly times: readonly Float64Array[];
  /** Times as they were given, where as a tensor: [times] or [rows, times]. */
  readonly timeTensor: Tensor | undefined;
  readonly plans: readonly Plan[];
  readonly method: ExplicitMethod;
  readonly options: LooseOptions;
  /** The call as if each row were the whole state; times are missing. */
  readonly checked: Omit<CheckedCall, "times">;
  readonly args: ArgumentTensors;
  /** Which tensors of args hold a row for each of the batch. */
  readonly byRow: readonly boolean[];
}

/** Whether each row shall be solved on its own. */
export function wantsSamples(caller: string, options: unknown): boolean {
  const perSample = (options as { readonly perSample?: unknown } | null | undefined)?.perSample;
  if (perSample === undefined || typeof perSample === "boolean") return perSample === true;
  throw new OdeError(`${caller}: expected perSample to be true or false, got ${describeValue(perSample)}.`);
}

/** The same options without `perSample`, where that is false. */
export function withoutSamples<O>(options: O): O {
  if ((options as { readonly perSample?: unknown } | null | undefined)?.perSample === undefined) return options;
  const { perSample: _, ...others } = options as { readonly perSample?: unknown };
  return others as O;
}

/** The arguments of a solve with `perSample`. */
function checkSamples(
  caller: string,
  f: unknown,
  y0: unknown,
  t: unknown,
  options: unknown,
  methods: MethodTable,
  extra: readonly string[],
): SampleCall {
  checkOptionsObject(caller, options);
  const loose = options as LooseOptions & { readonly rowArgs?: unknown };
  const state = checkInitialState(caller, y0);
  if (state.kind === "numbers")
    throw new OdeError(`${caller}: perSample does not apply to a state of numbers, which has no rows; solve each on its own.`);
  const count = countRows(caller, state.leaves);
  const { times, tensor } = checkSampleTimes(caller, t, count);
  const checked = {
    caller,
    f: checkDynamics(caller, f),
    y0: state,
    options: loose,
    methods,
    extra: [...extra, "perSample", "rowArgs"],
  };
  if (loose.onStep !== undefined)
    throw new OdeError(`${caller}: onStep does not apply with perSample, where rows step at different times; leave it out.`);
  const plans = planRows(checked, times);
  const method = explicitOf(caller, plans[0]!.method);
  const args = argumentTensors(caller, loose.args);
  return {
    caller,
    f: checked.f,
    structure: state.structure,
    leaves: state.leaves,
    count,
    times,
    timeTensor: tensor,
    plans,
    method,
    options: loose,
    checked,
    args,
    byRow: checkRowArgs(caller, loose.args, loose.rowArgs, args.tensors, count),
  };
}

/** The arguments of `odeintAdjoint` with `perSample`, and how each row integrates backward. */
export function checkAdjointSamples(f: unknown, y0: unknown, t: unknown, options: unknown, methods: MethodTable) {
  const call = checkSamples("odeintAdjoint", f, y0, t, options, methods, ["adjoint"]);
  const { adjoint = {} } = options as { adjoint?: unknown };
  const backward: BackwardPlan[] = [];
  call.times.forEach((values, i) => {
    const shared = i > 0 && values === call.times[i - 1];
    const times = { values, tensor: undefined };
    backward.push(shared ? backward[i - 1]! : planBackward({ ...call.checked, times }, adjoint));
  });
  explicitOf(`${call.caller}: adjoint`, backward[0]!.plan.method);
  return { call, backward };
}

/** The arguments of `odeint` with `perSample`. */
export function checkOdeintSamples(caller: string, f: unknown, y0: unknown, t: unknown, options: unknown, methods: MethodTable) {
  const call = checkSamples(caller, f, y0, t, options, methods, ["gradient"]);
  const { gradient = "steps" } = options as { gradient?: unknown };
  return { call, gradient: checkChoice(caller, "gradient", gradient, ["steps", "checkpointed"], OdeError) };
}

function countRows(caller: string, leaves: readonly Tensor[]): number {
  const count = leaves[0]!.shape[0];
  const odd = leaves.find(({ shape }) => shape.length === 0 || shape[0] !== count);
  if (count === undefined || count === 0 || odd !== undefined) {
    const shapes = leaves.map(({ shape }) => `[${shape}]`).join(", ");
    throw new OdeError(
      `${caller}: expected y0 to hold tensors with the same number of rows, at least one, as first axis for perSample, got shapes ${shapes}.`,
    );
  }
  return count;
}

function planRows(checked: Omit<CheckedCall, "times">, times: readonly Float64Array[]): Plan[] {
  const plans: Plan[] = [];
  times.forEach((values, i) => {
    const shared = i > 0 && values === times[i - 1];
    plans.push(shared ? plans[i - 1]! : planTensors({ ...checked, times: { values, tensor: undefined } }));
  });
  return plans;
}

function explicitOf(caller: string, method: Method): ExplicitMethod {
  if ("fast" in method) return method as ExplicitMethod;
  const why = method.implicit
    ? "whose equations hold one step length for the whole batch; take an explicit method, or solve rows that are alike together"
    : "which does not make its steps from a tableau; take an explicit Runge–Kutta method";
  throw new OdeError(`${caller}: perSample does not apply to ${method.name}, ${why}.`);
}

/** Output times of each row: shared ones, or a list for each. */
function checkSampleTimes(caller: string, t: unknown, count: number): { times: Float64Array[]; tensor: Tensor | undefined } {
  const tensor = isTensor(t) ? t : undefined;
  if (tensor !== undefined) refuseDisposed(caller, "t", tensor);
  const own = tensor?.rank === 2 ? (tensor.arraySync() as number[][]) : isListOfLists(t) ? t : undefined;
  if (own === undefined) {
    const { values } = checkTimes(caller, t);
    return { times: Array.from({ length: count }, () => values), tensor };
  }
  if (tensor !== undefined && tensor.dtype !== "float32")
    throw new OdeError(`${caller}: expected t to be a float32 tensor, got ${tensor.dtype}.`);
  if (own.length !== count)
    throw new OdeError(`${caller}: expected t to hold times for each of the ${count} rows of y0, got ${own.length} lists.`);
  const times = own.map((row, i) => checkTimes(`${caller}: row ${i}`, row).values);
  const odd = times.findIndex(({ length }) => length !== times[0]!.length);
  if (odd >= 0)
    throw new OdeError(
      `${caller}: expected as many times for each row, got ${times[0]!.length} for row 0 and ${times[odd]!.length} for row ${odd}.`,
    );
  return { times, tensor };
}

const isListOfLists = (t: unknown): t is readonly unknown[] =>
  Array.isArray(t) && t.length > 0 && t.every((row) => Array.isArray(row) || ArrayBuffer.isView(row));

function checkRowArgs(
  caller: string,
  args: unknown,
  rowArgs: unknown,
  tensors: readonly Tensor[],
  count: number,
): readonly boolean[] {
  if (rowArgs === undefined) return tensors.map(() => false);
  let byRow = tensors.map(() => true);
  if (rowArgs !== true) {
    const record = isLeaf(args) ? {} : (args as Readonly<Record<string, unknown>>);
    const keys = Object.keys(record);
    const names = Array.isArray(rowArgs) ? rowArgs : [rowArgs];
    const odd = names.find((name) => typeof name !== "string" || !keys.includes(name));
    if (!Array.isArray(rowArgs) || odd !== undefined)
      throw new OdeError(
        `${caller}: expected rowArgs to be true or a list of names in args (${keys.join(", ") || "which has none"}), got ${describeValue(odd ?? rowArgs)}.`,
      );
    const order = Array.isArray(args) ? keys : keys.sort();
    byRow = order.flatMap((key) =>
      flatten(record[key] as Tree<unknown>)
        .leaves.filter(isTensor)
        .map(() => names.includes(key)),
    );
  }
  const odd = tensors.find(({ shape }, i) => byRow[i] && shape[0] !== count);
  if (odd !== undefined)
    throw new OdeError(
      `${caller}: expected each tensor that rowArgs names to hold ${count} rows, as y0, got shape [${odd.shape}].`,
    );
  return byRow;
}
