import {
  argmax,
  type CheckpointStore,
  checkNumber,
  checkRequired,
  type DeclaredOptions,
  describeValue,
  type GivenOptions,
  isCheckpointStore,
  isFunction,
  isGiven,
  isList,
  readOptions,
} from "@latentflow/core";
import type { Direction } from "../directions/direction.js";
import { solverGap } from "../directions/solver-gap.js";
import { LatentEditError } from "../errors.js";
import { StartCodes } from "../model/start-codes.js";
import { owning } from "../tensors/owning.js";
import { assignWeights, weightsOf } from "../tensors/weights.js";
import { decodeSnapshots, encodeSnapshots, type Snapshot } from "./candidate-state.js";
import type { History } from "./history.js";
import { runFingerprint } from "./run-fingerprint.js";
import { resolveSettings, type TrainOptions } from "./settings.js";
import { GAP_CODES, trainDirection } from "./train-direction.js";

/** What may differ between candidates. */
type CandidateTraining = Partial<
  Omit<TrainOptions, "attribute" | "codes" | "labels" | "iterations" | "checkpoint" | "pauseAt" | "signal">
>;

const CANDIDATE = {
  name: { is: isGiven<string>, expected: "a name" },
  /** A new direction with the weights that its training begins with: the same ones each time. */
  direction: { is: isFunction<() => Direction | Promise<Direction>>, expected: "a function" },
  /** Whether it is measured before its training, too, and may be chosen as it begins: a start that is an edit already, such as a line (default false). */
  measureStart: { default: false },
  /** In place of the options of all. */
  train: { optional: true, is: isGiven<CandidateTraining>, expected: "options of trainDirection" },
} as const satisfies DeclaredOptions;

/** A way to train an edit: where it begins, and what differs from the options of all. */
export interface Candidate extends GivenOptions<typeof CANDIDATE> {}

export interface Halving<M> {
  /** Iterations after which those still in are measured, ascending; the last is all iterations. After each but the last the better half stays. */
  readonly rounds: readonly number[];
  /** What a direction is worth, as plain JSON: best on starts that are not trained on. */
  measure(direction: Direction): Promise<M>;
  /** A score for each measure, larger for better ones; asked of all so far together, so that it may compare them. */
  score(measures: readonly M[]): readonly number[];
  /** Where the state of that name is kept, to be resumed from, bit for bit (default: in memory alone). */
  readonly store?: (name: string) => CheckpointStore;
  /** Iterations between two states kept (default 100). */
  readonly every?: number;
  readonly onProgress?: (progress: { candidate: string; done: number; total: number }) => void;
}

const HALVING = {
  rounds: { is: isList<number>, expected: "ascending numbers of iterations" },
  measure: { is: isFunction, expected: "a function" },
  score: { is: isFunction, expected: "a function" },
  store: { optional: true, is: isFunction, expected: "a function" },
  every: { default: 100, min: 1, integer: true },
  onProgress: { optional: true, is: isFunction, expected: "a function" },
} as const satisfies DeclaredOptions & Record<keyof Halving<unknown>, unknown>;

/** What was chosen, and of what. */
export interface ChosenSnapshot<M> {
  readonly direction: Direction;
  readonly candidate: string;
  /** Of the candidate's training as far as it went; `keptIteration` is the chosen snapshot's. */
  readonly history: History;
  readonly snapshots: readonly {
    readonly candidate: string;
    readonly iteration: number;
    readonly measure: M;
    readonly score: number;
  }[];
}

/**
 * Trains several candidates by successive halving and gives the best snapshot of all: after each round every candidate still in is measured, and
 * the better half trains on. Chosen by the measure itself, since a loss does not rank edits as the measure does.
 *
 * @param options those of `trainDirection` for all candidates, but for `checkpoint`, `pauseAt` and `onProgress`
 * @throws LatentEditError for options that do not fit, and whatever `trainDirection` throws
 */
export async function trainCandidates<M>(
  candidates: readonly Candidate[],
  options: Omit<TrainOptions, "checkpoint" | "pauseAt" | "onProgress">,
  halving: Halving<M>,
): Promise<ChosenSnapshot<M>> {
  checkCandidates(candidates);
  const { every } = checkHalving(halving, options);
  const { rounds, measure } = halving;
  const stores = halving.store ?? memoryStores();
  const store = (name: string) => checkedStore(stores(name));
  const kept = store("snapshots");
  const optionsOf = (candidate: Candidate): TrainOptions => ({ ...options, iterations: rounds.at(-1)!, ...candidate.train });
  const run = JSON.stringify({
    rounds,
    candidates: await Promise.all(candidates.map((one) => describeRun(one, optionsOf(one)))),
  });
  const bytes = await kept.read();
  const snapshots: Snapshot<M>[] = bytes === null ? [] : await decodeSnapshots<M>(bytes, run);
  const scores = () => checkedScores(halving.score(snapshots.map((snapshot) => snapshot.measure)), snapshots.length);
  const total = plannedIterations(candidates.length, rounds);
  let before = 0;

  const advance = async (candidate: Candidate, direction: Direction, pauseAt: number) => {
    const from = rounds[rounds.indexOf(pauseAt) - 1] ?? 0;
    const history = await trainDirection(direction, {
      ...optionsOf(candidate),
      ...{ checkpoint: { store: store(candidate.name), every }, pauseAt },
      onProgress: ({ iteration }) =>
        halving.onProgress?.({ candidate: candidate.name, done: before + Math.max(0, iteration - from), total }),
    });
    return history;
  };

  const take = async ({ name }: Candidate, direction: Direction, iteration: number) => {
    snapshots.push({
      candidate: name,
      iteration,
      measure: await measure(direction),
      weights: await weightsOf(trained(direction)),
    });
    await kept.write(encodeSnapshots(snapshots, run));
  };
  const placeOf = ({ name }: Candidate, iteration: number) =>
    snapshots.findIndex((one) => one.candidate === name && one.iteration === iteration);

  for (const candidate of candidates) {
    if (!candidate.measureStart || placeOf(candidate, 0) >= 0) continue;
    const direction = await candidate.direction();
    await take(candidate, direction, 0).finally(() => direction.dispose());
  }
  let alive = [...candidates];
  for (const [r, iteration] of rounds.entries()) {
    const found: { candidate: Candidate; at: number }[] = [];
    for (const candidate of alive) {
      if (placeOf(candidate, iteration) < 0) {
        const direction = await candidate.direction();
        try {
          const { iterations } = await advance(candidate, direction, iteration);
          checkIteration(candidate.name, iterations, iteration);
          await take(candidate, direction, iteration);
        } finally {
          direction.dispose();
        }
      }
      before += iteration - (rounds[r - 1] ?? 0);
      found.push({ candidate, at: placeOf(candidate, iteration) });
    }
    const score = scores();
    const better = [...found].sort((a, b) => score[b.at]! - score[a.at]!).map(({ candidate }) => candidate);
    alive = better.slice(0, Math.ceil(better.length / 2));
  }

  const score = scores();
  const best = argmax(score);
  const { candidate: name, iteration, weights } = snapshots[best]!;
  const candidate = candidates.find((one) => one.name === name)!;
  const last = Math.max(...snapshots.filter((one) => one.candidate === name).map((one) => one.iteration));
  const direction = await candidate.direction();
  try {
    // Nothing is left to train: its history is read from the state kept.
    const history = await advance(candidate, direction, last);
    assignWeights(trained(direction), weights);
    const gap = iteration === last ? history.solverGap : await gapOf(direction, optionsOf(candidate));
    return {
      direction,
      candidate: name,
      history: { ...history, keptIteration: iteration, solverGap: gap },
      snapshots: snapshots.map(({ weights: _, ...one }, i) => ({ ...one, score: score[i]! })),
    };
  } catch (error) {
    direction.dispose();
    throw error;
  }
}

/** Iterations that successive halving makes in all. */
export function plannedIterations(candidates: number, rounds: readonly number[]): number {
  checkNumber("plannedIterations", "candidates", candidates, { min: 1, integer: true }, LatentEditError);
  checkRounds("plannedIterations", rounds);
  let [total, alive] = [0, candidates];
  rounds.forEach((iteration, r) => {
    total += alive * (iteration - (rounds[r - 1] ?? 0));
    alive = Math.ceil(alive / 2);
  });
  return total;
}

async function describeRun(candidate: Candidate, options: TrainOptions) {
  const direction = await candidate.direction();
  try {
    const { model, settings } = resolveSettings(direction, options);
    const codes = await startCodes(options, direction);
    const run = await runFingerprint(direction, model, codes, undefined, {});
    return { name: candidate.name, settings, run, ...(candidate.measureStart && { measureStart: true }) };
  } finally {
    direction.dispose();
  }
}

async function gapOf(direction: Direction, options: TrainOptions): Promise<History["solverGap"]> {
  const { settings } = resolveSettings(direction, options);
  const codes = await startCodes(options, direction);
  const rows = codes.startingAt(settings.attribute.from).slice(0, GAP_CODES);
  return owning((own) => solverGap(direction, own(codes.tensor(rows)), settings.maxTime));
}

function startCodes(options: TrainOptions, direction: Direction): Promise<StartCodes> {
  const { model, settings } = resolveSettings(direction, options);
  const kind = { attribute: settings.attribute, asRows: settings.rows !== undefined };
  return StartCodes.create("trainCandidates", model, options.codes, options.labels, kind, options.signal);
}

const trained = (direction: Direction) => direction.variables.filter((variable) => variable.trainable);

function memoryStores(): (name: string) => CheckpointStore {
  const kept = new Map<string, Uint8Array>();
  return (name) => ({
    read: async () => kept.get(name) ?? null,
    write: async (bytes) => void kept.set(name, bytes),
  });
}

/** Where the snapshots' file is gone and a candidate's is not, that one may be ahead. */
function checkIteration(name: string, found: number, expected: number): void {
  if (found === expected) return;
  throw new LatentEditError(
    `trainCandidates: expected the state of candidate ${name} after ${expected} iterations, got one after ${found} without its snapshots; delete it to start anew.`,
  );
}

function checkedScores(scores: unknown, count: number): readonly number[] {
  if (Array.isArray(scores) && scores.length === count && scores.every(Number.isFinite)) return scores;
  throw new LatentEditError(
    `trainCandidates: expected score() to give ${count} finite numbers, one for each measure, got ${describeValue(scores)}.`,
  );
}

function checkCandidates(candidates: unknown): void {
  if (!Array.isArray(candidates) || candidates.length === 0) {
    throw new LatentEditError(`trainCandidates: expected a list of one candidate or more, got ${describeValue(candidates)}.`);
  }
  for (const [i, candidate] of (candidates as Candidate[]).entries())
    readOptions(`trainCandidates: candidate ${i}`, CANDIDATE, candidate, LatentEditError);
  const names = candidates.map(({ name }: Candidate) => name);
  const isNamed = names.every((name) => typeof name === "string" && name !== "" && name !== "snapshots");
  if (isNamed && new Set(names).size === names.length) return;
  throw new LatentEditError(
    `trainCandidates: expected candidates of different names other than "snapshots", got ${names.map(describeValue).join(", ")}.`,
  );
}

function checkHalving<M>(halving: Halving<M>, options: Partial<TrainOptions>) {
  const settings = readOptions("trainCandidates", HALVING, halving, LatentEditError);
  // What else the options hold, every candidate's training reads.
  checkRequired("trainCandidates", options, ["attribute", "codes"], LatentEditError);
  const { rounds } = settings;
  checkRounds("trainCandidates", rounds);
  const { iterations = rounds.at(-1) } = options;
  if (rounds.at(-1) === iterations) return settings;
  throw new LatentEditError(
    `trainCandidates: expected the last of the rounds to be all ${describeValue(iterations)} iterations, got ${rounds.at(-1)}.`,
  );
}

function checkRounds(caller: string, rounds: unknown): void {
  const isList = Array.isArray(rounds) && rounds.length > 0;
  if (isList && rounds.every((x, i) => Number.isInteger(x) && x > (i === 0 ? 0 : rounds[i - 1]))) return;
  throw new LatentEditError(
    `${caller}: expected rounds to be ascending numbers of iterations, got ${Array.isArray(rounds) ? `[${rounds.map(describeValue).join(", ")}]` : describeValue(rounds)}.`,
  );
}

function checkedStore(store: unknown): CheckpointStore {
  if (isCheckpointStore(store)) return store;
  throw new LatentEditError(
    `trainCandidates: expected store(name) to give read() and write(bytes), such as fileStore(path), got ${describeValue(store)}.`,
  );
}
