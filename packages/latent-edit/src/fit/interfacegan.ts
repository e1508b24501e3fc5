import {
  checkNumber,
  type DeclaredOptions,
  type GivenOptions,
  type Matrix,
  type MatrixLike,
  type Numbers,
  readOptions,
  SeededRandom,
  SIGNAL,
} from "@latentflow/core";
import { norm } from "@latentflow/core/linear-algebra";
import type { Tensor } from "@tensorflow/tfjs-core";
import { ROWS } from "../directions/rows.js";
import { LatentEditError } from "../errors.js";
import { SEED } from "../input/checks.js";
import { type Codes, readCodes } from "../input/codes.js";
import { toMatrix } from "../input/matrix.js";
import { selectRows } from "../linear-algebra/rows.js";
import { meanOfRows } from "./mean-of-rows.js";
import { extremes, readScores } from "./score-extremes.js";
import { rowTimes } from "./svm/certificate.js";
import { fitLinearSvm, type LinearSvm, SVM } from "./svm/linear-svm.js";

const INTERFACEGAN = {
  /** Codes taken from each end of the score order: a share of all (default 0.02), or a count when above 1. At most half of all. */
  ratio: { default: 0.02, above: 0 },
  /** Share of the taken codes that trains the SVM; the rest validates (default 0.7). */
  trainShare: { default: 0.7, above: 0, max: 1 },
  /** C of the SVM (default 1). */
  C: SVM.C,
  /** Relative duality gap at which the SVM stops (default 1e-4); see `linearSvm`. */
  tolerance: SVM.tolerance,
  /** Seed of the split, and of the draw among codes of one score (default 0). */
  seed: SEED,
  /** Rows with exactly this score are left out, as are those whose score is not finite. */
  invalid: { optional: true },
  /** Rows of W+ codes that the edit will move, as a range [from, to] or a list { only } (default all). */
  rows: { ...ROWS, optional: true },
  signal: SIGNAL,
} as const satisfies DeclaredOptions;

export interface InterFaceGanOptions extends GivenOptions<typeof INTERFACEGAN> {}

export interface InterFaceGan {
  /** Unit normal of the separating hyperplane, towards high scores. [d] */
  readonly direction: Float64Array;
  /** Offset of the hyperplane direction·w + intercept = 0. Not part of the direction: an edit only moves along the normal. */
  readonly intercept: number;
  /** Share of codes on the right side. `rest` are the codes not taken, split at the middle of the score range; NaN for an empty part. */
  readonly accuracy: { readonly train: number; readonly validation: number; readonly rest: number };
  readonly svm: LinearSvm;
}

/** Largest error of the normal's direction that the SVM's gap may leave possible: 0.05 is less than 3 degrees. */
const ANGLE = 0.05;

/**
 * InterFaceGAN (Shen et al., CVPR 2020): the normal of a linear SVM between the codes with the highest and the lowest scores of an attribute.
 *
 * Where codes of one score lie on both sides of a group's limit, as with labels for scores, the seed draws among them.
 *
 * Of W+ codes the mean over the rows to be moved is what is separated: shifting each of these rows by t shifts their mean by t, so along the direction
 * found a code crosses the hyperplane just where its mean does. Codes of equal rows give what W codes give.
 *
 * @param codes [n, d] or [n, rowCount, d], of any size
 * @param scores one number a code: logits, probabilities, or `classScores` of several classes
 * @throws LatentEditError when too few codes, scores of one value, or fewer codes than a group takes above (or below) a tied score are left, or
 * when no direction separates the groups
 */
export async function fitInterFaceGan(
  codes: Codes,
  scores: Tensor | Numbers | readonly Numbers[],
  options: InterFaceGanOptions = {},
): Promise<InterFaceGan> {
  const settings = readOptions("fitInterFaceGan", INTERFACEGAN, options, LatentEditError);
  const { ratio, trainShare, seed, C, tolerance, invalid, rows, signal } = settings;
  const all = meanOfRows("fitInterFaceGan", await readCodes("fitInterFaceGan", codes), rows);
  const values = await readScores(scores);
  if (values.length !== all.rows) {
    throw new LatentEditError(`fitInterFaceGan: expected one score for each of ${all.rows} codes, got ${values.length}.`);
  }
  const random = new SeededRandom(seed);
  const { high, low, rest } = extremes(values, ratio, invalid, random);
  const positive = random.shuffle(high);
  const negative = random.shuffle(low);
  const trained = Math.max(1, Math.floor(high.length * trainShare));
  const train = labelled(all, positive.slice(0, trained), negative.slice(0, trained));
  const validation = labelled(all, positive.slice(trained), negative.slice(trained));
  const svm = await fitLinearSvm(
    "fitInterFaceGan",
    { ...train.rows, data: train.rows.data.slice() },
    train.labels,
    { C, tolerance, maxIterations: SVM.maxIterations.default },
    ANGLE,
    signal,
  );
  const length = norm(svm.weights);
  if (!svm.converged || length === 0) throw noDirection(svm, length);
  const accuracy = (part: LabelledCodes) => accuracyOf(svm, part);
  return {
    direction: svm.weights.map((x) => x / length),
    intercept: svm.intercept / length,
    accuracy: {
      train: accuracy(train),
      validation: accuracy(validation),
      rest: accuracy(labelled(all, rest.high, rest.low)),
    },
    svm,
  };
}

function noDirection({ dualityGap, objective, errorBound, iterations }: LinearSvm, length: number): LatentEditError {
  const why =
    errorBound >= length
      ? "a normal that is 0 as far as can be told; the groups' codes are the same or lie around each other: give other codes or scores"
      : `a relative duality gap of ${(dualityGap / objective).toExponential(1)} after ${iterations} steps; give a smaller C, or codes of a size of about 1`;
  return new LatentEditError(`fitInterFaceGan: expected a direction from the low to the high scores, got ${why}.`);
}

const CLASSES = {
  to: { min: 0, integer: true },
  /** Default: all others. */
  from: { optional: true, min: 0, integer: true },
} as const satisfies DeclaredOptions;

/**
 * One score a code for a pair of classes of a multi-class attribute: the log-odds of `to` against `from`, or against all other classes when
 * `from` is left out.
 *
 * @param logits [n, classes]
 */
export function classScores(logits: MatrixLike, classes: GivenOptions<typeof CLASSES>): Float64Array {
  const { to, from } = readOptions("classScores", CLASSES, classes, LatentEditError);
  const matrix = toMatrix("classScores", "logits", logits);
  for (const label of [to, from ?? to]) {
    checkNumber("classScores", "class", label, { min: 0, max: matrix.columns - 1, integer: true }, LatentEditError);
  }
  return Float64Array.from({ length: matrix.rows }, (_, i) => {
    const row = matrix.data.subarray(i * matrix.columns, (i + 1) * matrix.columns);
    return row[to]! - (from === undefined ? logSumExp(row.filter((_, j) => j !== to)) : row[from]!);
  });
}

interface LabelledCodes {
  readonly rows: Matrix;
  readonly labels: Int8Array;
}

function labelled(all: Matrix, positive: readonly number[], negative: readonly number[]): LabelledCodes {
  const labels = new Int8Array(positive.length + negative.length).fill(-1).fill(1, 0, positive.length);
  return { rows: selectRows(all, [...positive, ...negative]), labels };
}

function accuracyOf(svm: LinearSvm, { rows, labels }: LabelledCodes): number {
  const right = labels.filter((label, i) => label * (rowTimes(rows, i, svm.weights) + svm.intercept) > 0);
  return right.length / labels.length;
}

function logSumExp(values: Float64Array): number {
  const largest = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return largest + Math.log(values.reduce((sum, x) => sum + Math.exp(x - largest), 0));
}
