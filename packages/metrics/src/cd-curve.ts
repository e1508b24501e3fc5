import { checkInteger, checkOptions, checkSameLength } from "./checks.js";
import { type ControlDefinition, controlPerSample } from "./control.js";
import { labelEntropy } from "./disentanglement.js";
import { MetricsError } from "./errors.js";
import { checkLabels, type Labels, samplesStartingAt, selectSamples } from "./labels.js";

export interface CdCurveOptions {
  /** Index of the edited attribute. */
  attribute: number;
  /** Number of classes of every attribute. */
  classes: readonly number[];
  /** Definition of Control (default `"target"`, the paper's). */
  control?: ControlDefinition;
  /** Target class; default the last class of the edited attribute, as in the paper. Not used by `"changed"`. */
  target?: number;
  /** Edit lengths t of the labels' time axis; default 0, 1, 2, … */
  times?: ArrayLike<number>;
  /** Keep only samples that start with this class of the edited attribute; default: keep all. */
  from?: number;
}

/** A CD curve: Control against Disentanglement as the edit grows. Every array over time has the labels' time axis. */
export interface CdCurve {
  readonly t: Float64Array;
  /** C(t): share of samples under control; see `definition`. */
  readonly control: Float64Array;
  /** D(t), equation 7: mean over samples and over the other attributes of the normalised entropy. Lower is better. */
  readonly disentanglement: Float64Array;
  /** The same before the mean over attributes: one array per attribute; the edited one's is null. */
  readonly perAttribute: readonly (Float64Array | null)[];
  readonly definition: ControlDefinition;
  readonly target: number;
  /** Samples that the means are over. */
  readonly samples: number;
  /** Per sample, [samples, times] row by row: what the bootstrap resamples. */
  readonly sampleControl: Uint8Array;
  readonly sampleDisentanglement: Float64Array;
}

/**
 * The CD curve of one edit (paper, equations 6 and 7).
 *
 * @param labels predicted classes [samples, attributes, times], time 0 being the start code
 * @throws MetricsError for labels outside their class range, a single attribute, no sample that starts at `from`, unknown options
 */
export function cdCurve(labels: Labels, options: CdCurveOptions): CdCurve {
  checkOptions("cdCurve", options, ["attribute", "classes", "control", "target", "times", "from"]);
  const { attribute, classes, control: definition = "target", from } = options;
  checkLabels("cdCurve", labels, classes);
  const attributes = labels.shape[1];
  checkInteger("cdCurve", "attribute", attribute, 0, attributes - 1);
  if (attributes < 2)
    throw new MetricsError("cdCurve: expected 2 attributes or more, got 1: disentanglement is about the others.");
  if (definition !== "target" && definition !== "changed") {
    throw new MetricsError(`cdCurve: expected control to be "target" or "changed", got ${JSON.stringify(definition)}.`);
  }
  const edited = classes[attribute]!;
  const target = checkInteger("cdCurve", "target", options.target ?? edited - 1, 0, edited - 1);
  const kept = from === undefined ? labels : startingAt(labels, attribute, from);
  const [samples, , times] = kept.shape;
  const t = Float64Array.from(
    options.times ?? { length: times },
    options.times ? (x: number) => x : (_: unknown, i: number) => i,
  );
  checkSameLength("cdCurve", "times and the labels' time axis", t.length, times);
  if (!t.every(Number.isFinite)) throw new MetricsError(`cdCurve: expected finite times, got ${t.join(", ")}.`);

  const sampleControl = controlPerSample(kept, attribute, definition, target);
  const sampleDisentanglement = new Float64Array(samples * times);
  const perAttribute = classes.map((count, j) => {
    if (j === attribute) return null;
    const entropy = labelEntropy(kept, j, count);
    for (let i = 0; i < entropy.length; i++) sampleDisentanglement[i]! += entropy[i]! / (attributes - 1);
    return meanOverSamples(entropy, samples, times);
  });
  return {
    t,
    control: meanOverSamples(sampleControl, samples, times),
    disentanglement: meanOverSamples(sampleDisentanglement, samples, times),
    perAttribute,
    definition,
    target,
    samples,
    sampleControl,
    sampleDisentanglement,
  };
}

/** Column means of a [samples, times] matrix, over all its rows or over a list of them. */
export function meanOverSamples(
  values: ArrayLike<number>,
  samples: number,
  times: number,
  rows?: ArrayLike<number>,
): Float64Array {
  const mean = new Float64Array(times);
  const count = rows?.length ?? samples;
  for (let i = 0; i < count; i++) {
    const start = (rows ? rows[i]! : i) * times;
    for (let t = 0; t < times; t++) mean[t]! += values[start + t]!;
  }
  for (let t = 0; t < times; t++) mean[t]! /= count;
  return mean;
}

function startingAt(labels: Labels, attribute: number, from: number): Labels {
  const samples = samplesStartingAt(labels, attribute, from);
  if (samples.length > 0) return selectSamples(labels, samples);
  throw new MetricsError(`cdCurve: expected samples that start with class ${from} of attribute ${attribute}, got none.`);
}
