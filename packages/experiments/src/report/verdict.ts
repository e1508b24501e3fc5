import { describeValue } from "@latentflow/core";
import { ExperimentsError } from "../errors.js";
import type { AttributeResult, MethodResult, PairedTest } from "../results/index.js";

/**
 * What a paired comparison says of a method against another one. An edit can be better in two ways: it changes the others less at equal Control,
 * or it reaches more starts. A difference counts when its interval excludes 0.
 */
export type PairVerdict =
  /** Better in one way and not worse in the other. */
  | "better"
  | "worse"
  /** Better in one way, worse in the other. */
  | "trade-off"
  /** No interval excludes 0. */
  | "no clear difference";

/** One comparison, seen from `method`: differences are method minus other. */
export interface PairView extends Omit<PairedTest, "a" | "b" | "undefinedResamples"> {
  readonly method: string;
  readonly other: string;
  readonly verdict: PairVerdict;
}

/** The comparison of `method` with `other`, whichever way round it was computed; undefined when there is none. */
export function pairView(tests: readonly PairedTest[], method: string, other: string): PairView | undefined {
  const test = tests.find(({ a, b }) => (a === method && b === other) || (a === other && b === method));
  if (test === undefined) return undefined;
  const mirrored = test.a !== method;
  const sign = mirrored ? -1 : 1;
  const turn = ([low, high]: readonly [number, number]): [number, number] => (mirrored ? [-high, -low] : [low, high]);
  const view = {
    method,
    other,
    difference: test.difference === null ? null : sign * test.difference,
    interval: test.interval === null ? null : turn(test.interval),
    pValue: test.pValue,
    controlDifference: sign * test.controlDifference,
    controlInterval: turn(test.controlInterval),
  };
  return { ...view, verdict: verdictOf(view) };
}

function verdictOf({ interval, controlInterval }: Omit<PairView, "verdict">): PairVerdict {
  // Disentanglement: lower is better. Control: higher is better.
  const purity = interval === null ? 0 : -side(interval);
  const reach = side(controlInterval);
  if (purity === 0 && reach === 0) return "no clear difference";
  if (purity * reach < 0) return "trade-off";
  return purity + reach > 0 ? "better" : "worse";
}

/** 1 when an interval lies above 0, −1 below, 0 when it holds 0. */
function side([low, high]: readonly [number, number]): -1 | 0 | 1 {
  return low > 0 ? 1 : high < 0 ? -1 : 0;
}

/** The least Control that some method must reach for an attribute to have a winner. */
export const REACH = 0.2;

/** What the comparisons of one flow with all straight edits of an attribute say. */
export interface FlowVerdict {
  readonly flow: MethodResult;
  /**
   * "wins": better than every straight edit. "loses": some straight edit is better. "ties": neither. "out of reach": no method of the attribute
   * gets {@link REACH} of the starts to the wanted value, and who changes less on the way to nowhere is no result. null: nothing to compare.
   */
  readonly outcome: "wins" | "ties" | "loses" | "out of reach" | null;
  readonly pairs: readonly PairView[];
}

/** One verdict a nonlinear method, strict on purpose: to beat a weak straight edit and not the strongest is no win. */
export function flowVerdicts(attribute: AttributeResult): FlowVerdict[] {
  const { methods, comparison } = (attribute ?? {}) as AttributeResult;
  if (!Array.isArray(methods))
    throw new ExperimentsError(
      `flowVerdicts: expected an attribute of an experiment's results, got ${describeValue(attribute)}.`,
    );
  const reached = (comparison?.areas ?? []).some(({ maxControl }) => maxControl >= REACH);
  const straight = methods.filter(({ kind }) => kind === "linear");
  return methods
    .filter(({ kind }) => kind === "nonlinear")
    .map((flow) => {
      const pairs = straight.flatMap(({ id }) => pairView(comparison?.paired ?? [], flow.id, id) ?? []);
      return { flow, outcome: pairs.length > 0 && !reached ? "out of reach" : outcomeOf(pairs), pairs };
    });
}

function outcomeOf(pairs: readonly PairView[]): FlowVerdict["outcome"] {
  if (pairs.length === 0) return null;
  if (pairs.some(({ verdict }) => verdict === "worse")) return "loses";
  return pairs.every(({ verdict }) => verdict === "better") ? "wins" : "ties";
}
