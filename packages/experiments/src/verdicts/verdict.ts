import { describeValue } from "@latentflow/core";
import { ExperimentsError } from "../errors.js";
import type { AttributeResult, MethodResult, PairedRealism, PairedTest, Realism } from "../results/index.js";

/**
 * What a paired comparison says of a method against another one. An edit can be better in three ways: it changes the others less at equal Control, it
 * reaches more starts, or its pictures at equal Control are nearer to the generator's own, where that was looked at. A difference counts when its
 * interval excludes 0.
 */
export type PairVerdict =
  /** Better in some way and worse in none. */
  | "better"
  | "worse"
  /** Better in some way, worse in another. */
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
    ...(test.realism !== undefined && { realism: test.realism && turned(test.realism, sign, turn) }),
  };
  return { ...view, verdict: verdictOf(view) };
}

function turned(
  realism: PairedRealism,
  sign: 1 | -1,
  turn: (limits: readonly [number, number]) => [number, number],
): PairedRealism {
  const { control, distance, interval, outside, outsideInterval } = realism;
  return {
    control,
    distance: distance === null ? null : sign * distance,
    interval: interval === null ? null : turn(interval),
    outside: sign * outside,
    outsideInterval: turn(outsideInterval),
  };
}

function verdictOf({ interval, controlInterval, realism }: Omit<PairView, "verdict">): PairVerdict {
  // Disentanglement and distance: lower is better. Control: higher is better.
  const ways = [interval === null ? 0 : -side(interval), side(controlInterval), realism?.interval ? -side(realism.interval) : 0];
  const [better, worse] = [ways.some((way) => way > 0), ways.some((way) => way < 0)];
  if (better && worse) return "trade-off";
  return better ? "better" : worse ? "worse" : "no clear difference";
}

/** 1 when an interval lies above 0, −1 below, 0 when it holds 0. */
function side([low, high]: readonly [number, number]): -1 | 0 | 1 {
  return low > 0 ? 1 : high < 0 ? -1 : 0;
}

/** The least Control that some method must reach for an attribute to have a winner. */
export const REACH = 0.2;

/** The verdict of a flow that gets there with pictures unlike any that the generator makes by itself. */
export const BROKEN = "reaches, but through broken pictures";

/**
 * Whether a method gets there through broken pictures; of several trainings, whether half of them or more do. A training does where its Control is
 * largest and, before that, at the highest of the Controls that methods are compared at: edits that only break when they are driven to their end
 * got there with whole pictures.
 */
function isBroken({ realism, trainings = [] }: MethodResult): boolean {
  const all = [realism, ...trainings.map((one) => one.realism)].filter((one) => one !== null && one !== undefined);
  const broken = all.filter((one) => endsBroken(one) && isBrokenBefore(one));
  return broken.length > 0 && 2 * broken.length >= all.length;
}

/** Where Control is largest: edited pictures are further from the generator's own of the same classes than before the edit, by more than chance. */
export function endsBroken({ largest }: Realism): boolean {
  return largest !== null && largest.control >= REACH && largest.change !== null && side(largest.change) > 0;
}

/** The same at the highest Control that methods are compared at; true where there is none. */
function isBrokenBefore({ levels, largest }: Realism): boolean {
  const last = levels.at(-1);
  const [starts, lowest] = [largest?.starts ?? null, last?.interval?.[0]];
  return starts === null || lowest === undefined || lowest > starts;
}

/** What the comparisons of one flow with all straight edits of an attribute say. */
export interface FlowVerdict {
  readonly flow: MethodResult;
  /**
   * "wins": better than every straight edit. "loses": some straight edit is better. "ties": neither. "out of reach": no method of the attribute
   * gets {@link REACH} of the starts to the wanted value, and who changes less on the way to nowhere is no result. "reaches, but through
   * broken pictures": it would win or tie, but its pictures break before its end. null: nothing to compare.
   */
  readonly outcome: "wins" | "ties" | "loses" | "out of reach" | typeof BROKEN | null;
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
      if (pairs.length > 0 && !reached) return { flow, outcome: "out of reach", pairs };
      const outcome = outcomeOf(pairs);
      return { flow, outcome: outcome !== null && outcome !== "loses" && isBroken(flow) ? BROKEN : outcome, pairs };
    });
}

function outcomeOf(pairs: readonly PairView[]): "wins" | "ties" | "loses" | null {
  if (pairs.length === 0) return null;
  if (pairs.some(({ verdict }) => verdict === "worse")) return "loses";
  return pairs.every(({ verdict }) => verdict === "better") ? "wins" : "ties";
}
