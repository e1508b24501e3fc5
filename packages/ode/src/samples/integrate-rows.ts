import { throwIfAborted } from "@latentflow/core";
import { clone, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { rowWeights } from "../kernels/row-combination.js";
import { arrangeState, choose } from "./arrange.js";
import { endSlopes } from "./end-slopes.js";
import { tryRows } from "./explicit-rows.js";
import { selectFirstSteps } from "./first-steps.js";
import type { Block, RowsProblem } from "./row-block.js";
import type { RowDynamics, RowSet } from "./row-dynamics.js";
import { failure, RowFailure } from "./row-failure.js";
import type { RowNorm } from "./row-norm.js";
import { dueOutputs, endPieces, innerPieces, type Piece } from "./row-outputs.js";
import type { SampleRow } from "./sample-row.js";

/** A step may be this many times as long as its end allows a step to be; a longer one is tried again, at least this share as long. */
const GROWN = 1.5;
const SHORTEN = 8;

/**
 * Integrates every row to its end; those that have arrived cost nothing more. Call it in a scope.
 *
 * @returns the states at the rows' outputs
 * @throws OdeError that names the row which can't reach its end, and why
 */
export function integrateRows(problem: RowsProblem): Piece[] {
  const pieces: Piece[] = [];
  let block = within(problem, [], () => ({ next: begin(problem), found: [] }));
  while (block.rows.length > 0) {
    throwIfAborted(problem.caller, problem.signal);
    block = advance(problem, block, pieces);
    report(problem);
  }
  return pieces;
}

function advance(problem: RowsProblem, block: Block, pieces: Piece[]): Block {
  const work = () => {
    const found: Piece[] = [];
    return { next: step(problem, block, found), found };
  };
  try {
    return within(problem, tensorsOf(block), work, pieces);
  } catch (error) {
    if (error instanceof RowFailure) error.unfinished = block.rows.map(({ index }) => index);
    throw error;
  }
}

/** Runs a stretch of work in a scope that the next block and what was found survive, and frees the block before. */
function within(
  problem: RowsProblem,
  before: readonly Tensor[],
  work: () => { next: Block; found: Piece[] },
  pieces: Piece[] = [],
): Block {
  let next!: Block;
  tidy(() => {
    const done = work();
    next = done.next;
    pieces.push(...done.found);
    return [...tensorsOf(next), ...done.found.flatMap(({ states }) => states)];
  });
  const kept = new Set<Tensor>([...tensorsOf(next), ...problem.set.args]);
  for (const tensor of before) if (!kept.has(tensor)) tensor.dispose();
  return next;
}

const tensorsOf = ({ y, slope, directions, args }: Block): Tensor[] => [...y, ...slope, ...directions, ...args];

function begin({ dynamics, set, y0, times, norm, finiteRows, limit }: RowsProblem): Block {
  const { rows } = set;
  const none: Block = { rows: [], args: [], y: [], slope: [], directions: [] };
  if (rows.every((row) => row.hasArrived)) return none;
  const y = y0.map((leaf) => clone(leaf));
  const at = rows.map((row) => row.afterJump(row.t0));
  const slope = dynamics.evaluate(set, times.at(rows, at), y);
  const firstSteps = norm === undefined ? [] : firstLengths(dynamics, set, y, slope, norm, finiteRows);
  rows.forEach((row, i) => {
    row.start(firstSteps[i] ?? 0);
  });
  return { ...set, y, slope, directions: limit?.start(y) ?? [] };
}

function firstLengths(
  dynamics: RowDynamics,
  set: RowSet,
  y: Tensor[],
  slope: Tensor[],
  norm: RowNorm,
  finiteRows: RowsProblem["finiteRows"],
): number[] {
  const given = set.rows.map(({ plan: { steps } }) => (steps.kind === "adaptive" ? steps.firstStep : undefined));
  const finite = finiteRows(y);
  const chosen = given.includes(undefined) ? selectFirstSteps(dynamics, set, y, slope, norm, finiteRows) : [];
  return given.map((length, i) => {
    const first = finite[i] ? (length ?? chosen[i]!) : Number.NaN;
    if (!Number.isFinite(first)) throw failure(set.rows[i]!, "notFinite", 0);
    return first;
  });
}

/** One step of every row, or a trial that is rejected. */
function step(problem: RowsProblem, block: Block, found: Piece[]): Block {
  const { method, dynamics, norm, times } = problem;
  const { rows } = block;
  let directions = askWatches(problem, block);
  for (const row of rows) propose(row);
  const trial = tryRows(method, dynamics, block, times, block.y, block.slope);
  const { y1, slopes, lengths } = trial;
  const ratios = norm?.(rowWeights(Array.from(method.fast.errorWeights!.all), lengths.values), slopes, block.y, y1);
  const passed = judge(problem, block, ratios);
  const { taken, directions: after } = askAtEnds(problem, block, y1, passed, directions);
  directions = after;
  for (const position of taken) rows[position]!.advance();

  const due = dueOutputs(rows, taken, times);
  const inside = due.filter((row) => row.inside.length > 0);
  const known = endSlopes(problem, block, y1, taken, inside);
  found.push(...endPieces(due, y1));
  if (inside.length > 0) {
    const positions = inside.map(({ position }) => position);
    const set = dynamics.narrow(block, positions);
    const own = slopes.map((slope) => arrangeState(slope, positions));
    if (method.dense.usesEndSlope) {
      const ends = arrangeState(
        known.near,
        positions.map((position) => known.nearAt.get(position)!),
      );
      own.push(ends);
    }
    found.push(...innerPieces(method, inside, set, arrangeState(block.y, positions), own, times));
  }

  const isTaken = new Set(taken);
  const going = Array.from(rows.keys()).filter((position) => !(isTaken.has(position) && rows[position]!.hasArrived));
  if (going.length === 0) return { rows: [], args: [], y: [], slope: [], directions: [] };
  const y = choose(
    [block.y, y1],
    going.map((position) => [isTaken.has(position) ? 1 : 0, position] as const),
  );
  const slope = choose(
    [block.slope, slopes[slopes.length - 1], known.near, known.far],
    going.map((position): readonly [number, number] => {
      if (!isTaken.has(position)) return [0, position];
      const far = known.farAt.get(position);
      if (far !== undefined) return [3, far];
      return method.firstSameAsLast ? [1, position] : [2, known.nearAt.get(position)!];
    }),
  );
  return { ...dynamics.narrow(block, going), y, slope, directions: arrangeState(directions, going) };
}

/** Where a gradient is to go through the steps, bounds those that start from here. */
function askWatches({ limit }: RowsProblem, block: Block): Tensor[] {
  if (limit === undefined) return block.directions;
  const { rows, y } = block;
  const positions = Array.from(rows.keys()).filter((position) => rows[position]!.bounded !== rows[position]!.t);
  if (positions.length === 0) return block.directions;
  const times = positions.map((position) => rows[position]!.afterJump(rows[position]!.t));
  const { longest, directions } = limit.look(block, positions, times, arrangeState(y, positions), block.directions);
  positions.forEach((position, i) => {
    const row = rows[position]!;
    row.policy.longest = longest[i]!;
    row.bounded = row.t;
  });
  return directions;
}

/** The same at the ends of steps that passed the error test, where rates may have grown. Positions of those that are taken. */
function askAtEnds(
  { limit }: RowsProblem,
  block: Block,
  y1: Tensor[],
  passed: readonly number[],
  directions: Tensor[],
): { taken: readonly number[]; directions: Tensor[] } {
  if (limit === undefined || passed.length === 0) return { taken: passed, directions };
  const { rows } = block;
  const times = passed.map((position) => rows[position]!.beforeJump(rows[position]!.span.t1));
  const looked = limit.look(block, passed, times, arrangeState(y1, passed), directions);
  const taken = passed.filter((position, i) => {
    const row = rows[position]!;
    const longest = looked.longest[i]!;
    const length = Math.abs(row.span.h);
    const tooLong = length > GROWN * longest;
    row.policy.longest = tooLong ? Math.max(longest, length / SHORTEN) : longest;
    if (tooLong) row.statistics.rejected++;
    else row.bounded = row.isJump(row.span.t1) ? Number.NaN : row.span.t1;
    return !tooLong;
  });
  return { taken, directions: looked.directions };
}

function propose(row: SampleRow): void {
  const span = row.policy.propose(row.t);
  if (span === "too small" || span === undefined) throw failure(row, "stepUnderflow", row.policy.largestStep);
  const { accepted, rejected } = row.statistics;
  if (accepted + rejected >= row.plan.maxSteps) throw failure(row, "maxSteps", span.h);
  row.span = span;
}

/** Positions of the rows whose steps pass the error test. */
function judge({ finiteRows }: RowsProblem, { rows, slope }: Block, ratios: ArrayLike<number> | undefined): number[] {
  let finite: readonly boolean[] | undefined;
  return Array.from(rows.keys()).filter((position) => {
    const row = rows[position]!;
    const ratio = ratios?.[position] ?? 0;
    const verdict = row.policy.judge(ratio);
    if (verdict === "accept") return true;
    row.statistics.rejected++;
    if (!Number.isFinite(ratio)) finite ??= finiteRows(slope);
    const hopeless = !Number.isFinite(ratio) && !finite![position];
    if (hopeless || verdict === "too small")
      throw failure(row, Number.isFinite(ratio) ? "stepUnderflow" : "notFinite", row.span.h);
    return false;
  });
}

function report({ set: { rows }, statistics, onProgress }: RowsProblem): void {
  const sum = (of: (row: SampleRow) => number) => rows.reduce((total, row) => total + of(row), 0);
  statistics.accepted = sum((row) => row.statistics.accepted);
  statistics.rejected = sum((row) => row.statistics.rejected);
  if (onProgress === undefined) return;
  const fractions = rows.map((row) => (row.hasArrived ? 1 : row.policy.fraction(row.t)));
  const last = fractions.indexOf(Math.min(...fractions));
  const { accepted, rejected, nfe } = statistics;
  const fraction = fractions.reduce((total, value) => total + value, 0) / rows.length;
  onProgress({ t: rows[last]!.t, fraction, accepted, rejected, nfe });
}
