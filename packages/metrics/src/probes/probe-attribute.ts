import type { DeclaredOptions, GivenOptions } from "@latentflow/core";
import { powerOfTwo } from "@latentflow/core/linear-algebra";
import { MetricsError } from "../errors.js";
import { checkSameLength, type Numbers, readOptions, SHARE, toIntegers } from "../input/checks.js";
import { type MatrixLike, toMatrix } from "../input/matrix.js";
import { permutation, SEED } from "../random.js";
import { fitLogistic, predictLogistic } from "./logistic-regression.js";
import { predictNeighbours } from "./nearest-neighbours.js";
import { fitRbfSvm, predictRbfSvm } from "./rbf-svm.js";

/** Most classes an attribute may have: each has its own vector of weights. */
const MOST_CLASSES = 10_000;

const PROBES = {
  /** Number of classes; default the largest label + 1. */
  classes: { optional: true, min: 2, max: MOST_CLASSES, integer: true },
  /** Share of codes held out for the accuracies (default 0.3). */
  testFraction: { default: 0.3, ...SHARE },
  /** k of the nearest-neighbour probe (default 15). */
  neighbours: { default: 15, min: 1, integer: true },
  /** Inverse strength of the penalty of the linear probe and of the support vector machine (default 1). */
  C: { default: 1, above: 0 },
  /** Seed of the split (default 0). */
  seed: SEED,
  /** The nonlinear probe: k nearest neighbours (default), or a support vector machine with a Gaussian kernel, slower and stronger in high dimensions. */
  nonlinear: { default: "neighbours", choices: ["neighbours", "rbf-svm"] },
} as const satisfies DeclaredOptions;

export interface ProbeOptions extends GivenOptions<typeof PROBES> {}

export interface ProbeResult {
  /** Held-out accuracy of logistic regression. */
  readonly linear: number;
  /** Held-out accuracy of the nonlinear probe. */
  readonly nonlinear: number;
  readonly nonlinearProbe: "neighbours" | "rbf-svm";
  /** Held-out accuracy of always naming the most frequent training class: what both must beat. */
  readonly baseline: number;
  /** nonlinear − linear: above 0, the attribute's values are not linearly separated in latent space. */
  readonly gap: number;
  /** False when a probe's training ran out of steps: the accuracies are then those of unfinished probes. */
  readonly converged: boolean;
  readonly trainSize: number;
  readonly testSize: number;
}

/**
 * Is an attribute linearly separated in latent space? Trains a linear and a nonlinear probe on the same codes and compares them on held-out
 * ones (the paper's first claim). Codes are standardised with the training part's mean and deviation.
 *
 * @param codes [n, d]
 * @param labels class of each code, integers from 0 on of any element type: not −1 and 1
 * @throws MetricsError for labels of another kind, or too few codes
 */
export function probeAttribute(codes: MatrixLike, labels: Numbers, options: ProbeOptions = {}): ProbeResult {
  const { neighbours, C, nonlinear: nonlinearProbe, ...settings } = readOptions("probeAttribute", PROBES, options);
  const { data, rows, columns } = toMatrix("probeAttribute", "codes", codes);
  // Others, such as −1 and 1, would be counted as no class at all.
  const classOf = toIntegers("probeAttribute", "labels", labels, 0, (settings.classes ?? MOST_CLASSES) - 1);
  checkSameLength("probeAttribute", "codes and labels", rows, classOf.length);
  const classes = settings.classes ?? Math.max(2, classOf.reduce((a, b) => Math.max(a, b)) + 1);
  const testSize = Math.round(rows * settings.testFraction);
  if (testSize < 1 || testSize >= rows) {
    throw new MetricsError(`probeAttribute: expected codes for a training and a test part, got ${rows}.`);
  }

  const order = permutation(rows, settings.seed);
  const part = (indices: Uint32Array) => {
    const x = new Float64Array(indices.length * columns);
    indices.forEach((row, i) => {
      x.set(data.subarray(row * columns, (row + 1) * columns), i * columns);
    });
    return { x, y: Uint32Array.from(indices, (row) => classOf[row]!) };
  };
  const train = part(order.subarray(testSize));
  const test = part(order.subarray(0, testSize));
  standardise(train.x, test.x, columns);

  const frequency = new Uint32Array(classes);
  for (const label of train.y) frequency[label]!++;
  const majority = frequency.indexOf(frequency.reduce((a, b) => Math.max(a, b)));
  const logistic = fitLogistic(train.x, train.y, columns, classes, C);
  const linear = accuracy(predictLogistic(logistic, test.x, columns), test.y);
  const machine = nonlinearProbe === "rbf-svm" ? fitRbfSvm(train.x, train.y, columns, classes, C) : undefined;
  const predicted = machine
    ? predictRbfSvm(machine, test.x, columns)
    : predictNeighbours(train.x, train.y, test.x, columns, classes, neighbours);
  const nonlinear = accuracy(predicted, test.y);
  const converged = logistic.converged && (machine?.converged ?? true);
  const baseline = test.y.filter((label) => label === majority).length / testSize;
  const sizes = { trainSize: train.y.length, testSize };
  return { linear, nonlinear, nonlinearProbe, baseline, gap: nonlinear - linear, converged, ...sizes };
}

/** Share of equal entries. */
function accuracy(predicted: Uint32Array, truth: Uint32Array): number {
  return predicted.filter((label, i) => label === truth[i]).length / truth.length;
}

/** Subtracts the training mean and divides by the training deviation (1 where that is 0), in place, in both parts. */
function standardise(train: Float64Array, test: Float64Array, d: number): void {
  const n = train.length / d;
  for (let c = 0; c < d; c++) {
    const scale = powerOfTwo(Float64Array.from({ length: n }, (_, i) => train[i * d + c]!));
    let mean = 0;
    for (let i = 0; i < n; i++) mean += train[i * d + c]! / scale / n;
    let variance = 0;
    for (let i = 0; i < n; i++) variance += (train[i * d + c]! / scale - mean) ** 2 / n;
    const deviation = Math.sqrt(variance) || 1;
    for (const x of [train, test]) for (let i = c; i < x.length; i += d) x[i] = (x[i]! / scale - mean) / deviation;
  }
}
