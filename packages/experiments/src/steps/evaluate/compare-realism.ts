import { SeededRandom } from "@latentflow/core";
import { percentileInterval } from "@latentflow/metrics";
import { type ComparedRealism, type PairedRealism, REALISM_LEVELS } from "../../results/index.js";
import { mean } from "../../results/numbers.js";
import { NoResult, thoseThatAre } from "../../store/no-result.js";
import type { RunFolder } from "../../store/run-folder.js";
import { asDistance, asShare, type IntervalOptions, type MeasuredAt, readMeasured, resampled } from "./measured-realism.js";

type RealismAt = Omit<MeasuredAt, "starts">;

/** What was kept of a method's trainings: of each, the levels that it reaches, from the lowest. */
export type RealismOfMethod = readonly (readonly RealismAt[])[];

/** @param jobs of its trainings */
export async function realismOfMethod(run: RunFolder, jobs: readonly string[]): Promise<RealismOfMethod> {
  // What comes last is not at a level, but where the training's Control is largest.
  return thoseThatAre(jobs.map(async (job) => (await readMeasured(run, job)).slice(0, -1))).catch((error) => {
    if (error instanceof NoResult) return [];
    throw error;
  });
}

/** Every method at the largest level that all of `moving` reach; null for those below it, and where there is none. */
export function compareRealism(
  methods: readonly (RealismOfMethod | null)[],
  moving: readonly (RealismOfMethod | null)[],
  options: IntervalOptions,
): (ComparedRealism | null)[] {
  const level = commonLevel(moving);
  return methods.map((method) => {
    const at = method === null || level < 0 ? [] : method.flatMap((levels) => levels[level] ?? []);
    if (at.length === 0) return null;
    const one = differences([at], options);
    return { control: REALISM_LEVELS[level]!, ...one, interval: one.interval && positive(one.interval) };
  });
}

/** Two methods at the largest level that both reach. */
export function pairedRealism(
  a: RealismOfMethod | null,
  b: RealismOfMethod | null,
  options: IntervalOptions,
): PairedRealism | null {
  const level = commonLevel([a, b]);
  if (level < 0) return null;
  const at = [a!, b!].map((method) => method.flatMap((levels) => levels[level] ?? []));
  return { control: REALISM_LEVELS[level]!, ...differences(at, options) };
}

/** The largest level that some training of each reaches; −1 for none. */
function commonLevel(methods: readonly (RealismOfMethod | null)[]): number {
  const reached = methods.map((method) => Math.max(0, ...(method ?? []).map(({ length }) => length)));
  return Math.min(...(reached.length > 0 ? reached : [0])) - 1;
}

/** The first method's mean over its trainings, minus the second's if there is one. */
function differences(methods: readonly (readonly RealismAt[])[], options: IntervalOptions): Omit<PairedRealism, "control"> {
  const outside = differenceOf(
    methods.map((trainings) => trainings.map(({ outside }) => asShare(outside))),
    options,
  )!;
  const measured = methods.map((trainings) => trainings.flatMap((one) => asDistance(one) ?? []));
  const distance = measured.every(({ length }) => length > 0) ? differenceOf(measured, options) : null;
  return {
    ...{ distance: distance?.value ?? null, interval: distance?.interval ?? null },
    ...{ outside: outside.value, outsideInterval: outside.interval },
  };
}

/**
 * The same starts and pictures drawn for all; of several trainings these, too, one fewer than there are: of so few, as many again would scatter too
 * little (Rao and Wu, 1988).
 */
function differenceOf(methods: readonly (readonly Parameters<typeof resampled>[0][number][])[], options: IntervalOptions) {
  const values = resampled(methods.flat(), options);
  let end = 0;
  const ofMethods = methods.map(({ length }) => {
    end += length;
    return values.slice(end - length, end);
  });
  const random = new SeededRandom(options.seed);
  const draw = (count: number) =>
    count === 1 ? [0] : Array.from({ length: count - 1 }, () => Math.floor(random.uniform() * count));
  const differences = Array.from({ length: options.resamples }, (_, r) => {
    return minus(ofMethods.map((trainings) => mean(draw(trainings.length).map((k) => trainings[k]![r]!))));
  });
  const value = minus(methods.map((trainings) => mean(trainings.map(({ distance }) => distance))));
  return { value, interval: percentileInterval(differences, { confidence: options.confidence }) };
}

const minus = ([a, b = 0]: readonly number[]) => a! - b;
const positive = ([low, high]: readonly [number, number]): [number, number] => [Math.max(0, low), Math.max(0, high)];
