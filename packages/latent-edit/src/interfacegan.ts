import { checkNumber, checkOptions, SeededRandom } from "@latentflow/core";
import { LatentEditError } from "./errors.js";
import { type LinearSvm, linearSvm } from "./linear-svm.js";
import { type Matrix, type MatrixLike, norm, selectRows, toMatrix } from "./matrix.js";
import { rowTimes } from "./svm-certificate.js";

export interface InterFaceGanOptions {
  /** Codes taken from each end of the score order: a share of all (default 0.02), or a count when above 1. At most half of all. */
  ratio?: number;
  /** Share of the taken codes that trains the SVM; the rest validates (default 0.7). */
  trainShare?: number;
  /** Rows with exactly this score are left out. */
  invalid?: number;
  /** C of the SVM (default 1). */
  C?: number;
  /** Relative duality gap at which the SVM stops; see `linearSvm`. */
  tolerance?: number;
  /** Seed of the split (default 0). */
  seed?: number;
  signal?: AbortSignal;
}

export interface InterFaceGan {
  /** Unit normal of the separating hyperplane, towards high scores. [d] */
  readonly direction: Float64Array;
  /** Offset of the hyperplane direction·w + intercept = 0. Not part of the direction: an edit only moves along the normal. */
  readonly intercept: number;
  /** Share of codes on the right side. `rest` are the codes not taken, split at the middle of the score range; NaN for an empty part. */
  readonly accuracy: { readonly train: number; readonly validation: number; readonly rest: number };
  readonly svm: LinearSvm;
}

/**
 * InterFaceGAN (Shen et al., CVPR 2020): the normal of a linear SVM between the codes with the highest and the lowest scores of an attribute.
 *
 * @param codes [n, d]
 * @param scores one number a code: logits, probabilities, or `classScores` of several classes
 * @throws LatentEditError when too few codes or scores of one value are left
 */
export async function fitInterFaceGan(
  codes: MatrixLike,
  scores: ArrayLike<number> | readonly ArrayLike<number>[],
  options: InterFaceGanOptions = {},
): Promise<InterFaceGan> {
  const known = ["ratio", "trainShare", "invalid", "C", "tolerance", "seed", "signal"];
  checkOptions("fitInterFaceGan", options, known, LatentEditError);
  const ratio = checkNumber("fitInterFaceGan", "ratio", options.ratio ?? 0.02, { above: 0 }, LatentEditError);
  const trainShare = checkNumber(
    "fitInterFaceGan",
    "trainShare",
    options.trainShare ?? 0.7,
    { above: 0, max: 1 },
    LatentEditError,
  );
  const all = toMatrix("fitInterFaceGan", "codes", codes);
  const values = Float64Array.from({ length: scores.length }, (_, i) => asNumber(scores[i]!));
  if (values.length !== all.rows) {
    throw new LatentEditError(`fitInterFaceGan: expected one score for each of ${all.rows} codes, got ${values.length}.`);
  }

  const order = [...values.keys()].filter((i) => Number.isFinite(values[i]!) && values[i] !== options.invalid);
  order.sort((a, b) => values[b]! - values[a]!);
  const taken = Math.min(Math.floor(ratio > 1 ? ratio : ratio * order.length), Math.floor(order.length / 2));
  if (taken < 1 || values[order[0]!] === values[order.at(-1)!]) {
    throw new LatentEditError(
      `fitInterFaceGan: expected codes with high and with low scores, got ${order.length} usable codes of which ratio ${ratio} takes ${taken} a side; give more codes or a larger ratio.`,
    );
  }
  const random = new SeededRandom(options.seed ?? 0);
  const positive = random.shuffle(order.slice(0, taken));
  const negative = random.shuffle(order.slice(order.length - taken));
  const trained = Math.max(1, Math.floor(taken * trainShare));
  const train = labelled(all, positive.slice(0, trained), negative.slice(0, trained));
  const validation = labelled(all, positive.slice(trained), negative.slice(trained));
  const middle = (values[order[0]!]! + values[order.at(-1)!]!) / 2;
  const remaining = order.slice(taken, order.length - taken);
  const rest = labelled(
    all,
    remaining.filter((i) => values[i]! >= middle),
    remaining.filter((i) => values[i]! < middle),
  );

  const { C = 1, tolerance, signal } = options;
  const svm = await linearSvm({ data: train.rows.data, shape: [train.rows.rows, train.rows.columns] }, train.labels, {
    C,
    ...(tolerance === undefined ? {} : { tolerance }),
    ...(signal === undefined ? {} : { signal }),
  });
  const length = norm(svm.weights);
  const accuracy = (part: Labelled) => accuracyOf(svm, part);
  return {
    direction: svm.weights.map((x) => x / length),
    intercept: svm.intercept / length,
    accuracy: { train: accuracy(train), validation: accuracy(validation), rest: accuracy(rest) },
    svm,
  };
}

/**
 * One score a code for a pair of classes of a multi-class attribute: the log-odds of `to` against `from`, or against all other classes when
 * `from` is left out.
 *
 * @param logits [n, classes]
 */
export function classScores(logits: MatrixLike, classes: { to: number; from?: number }): Float64Array {
  checkOptions("classScores", classes, ["to", "from"], LatentEditError);
  const matrix = toMatrix("classScores", "logits", logits);
  const { to, from } = classes;
  for (const label of [to, from ?? to]) {
    checkNumber("classScores", "class", label, { min: 0, max: matrix.columns - 1, integer: true }, LatentEditError);
  }
  return Float64Array.from({ length: matrix.rows }, (_, i) => {
    const row = matrix.data.subarray(i * matrix.columns, (i + 1) * matrix.columns);
    return row[to]! - (from === undefined ? logSumExp(row.filter((_, j) => j !== to)) : row[from]!);
  });
}

interface Labelled {
  readonly rows: Matrix;
  readonly labels: Int8Array;
}

function labelled(all: Matrix, positive: readonly number[], negative: readonly number[]): Labelled {
  const labels = new Int8Array(positive.length + negative.length).fill(-1).fill(1, 0, positive.length);
  return { rows: selectRows(all, [...positive, ...negative]), labels };
}

function accuracyOf(svm: LinearSvm, { rows, labels }: Labelled): number {
  const right = labels.filter((label, i) => label * (rowTimes(rows, i, svm.weights) + svm.intercept) > 0);
  return right.length / labels.length;
}

/** Scores may come as [n] or as [n, 1]. */
function asNumber(score: number | ArrayLike<number>): number {
  return typeof score === "number" ? score : score[0]!;
}

function logSumExp(values: Float64Array): number {
  const largest = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return largest + Math.log(values.reduce((sum, x) => sum + Math.exp(x - largest), 0));
}
