import { type DeclaredOptions, describeValue, type GivenOptions, isGiven } from "@latentflow/core";
import { entropyOf } from "../disentanglement/label-entropy.js";
import { MetricsError } from "../errors.js";
import { checkInteger, checkSameLength, type Numbers, readOptions, toFinite } from "../input/checks.js";
import { type CheckedLabels, checkClasses, type Labels, samplesStartingAt, selectSamples } from "../input/labels.js";
import { CONTROL_DEFINITIONS, type ControlDefinition, controlOf } from "./control.js";

const CD_CURVE = {
  /** Index of the edited attribute. */
  attributeIndex: { min: 0, integer: true },
  /** Definition of Control (default `"target"`, the paper's). */
  control: { default: "target", choices: CONTROL_DEFINITIONS },
  /** Target class; default the last class of the edited attribute, as in the paper. Not used by `"changed"`. */
  target: { optional: true, min: 0, integer: true },
  /** Keep only samples that start with this class of the edited attribute; default: keep all. */
  from: { optional: true, min: 0, integer: true },
  /** Number of classes of every attribute. */
  classes: { is: isGiven<readonly number[]>, expected: "numbers of classes" },
  /** Edit lengths t of the labels' time axis; default 0, 1, 2, … */
  times: { optional: true, is: isGiven<Numbers>, expected: "numbers" },
} as const satisfies DeclaredOptions;

export interface CdCurveOptions extends GivenOptions<typeof CD_CURVE> {}

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
  const { attributeIndex, control: definition, from, classes, ...given } = readOptions("cdCurve", CD_CURVE, options);
  const checked = checkClasses("cdCurve", labels, classes);
  const attributes = checked.shape[1];
  checkInteger("cdCurve", "attributeIndex", attributeIndex, 0, attributes - 1);
  if (attributes < 2)
    throw new MetricsError("cdCurve: expected 2 attributes or more, got 1: disentanglement is about the others.");
  const edited = classes[attributeIndex]!;
  const target = checkInteger("cdCurve", "target", given.target ?? edited - 1, 0, edited - 1);
  const kept = from === undefined ? checked : startingAt(checked, attributeIndex, from);
  const [samples, , times] = kept.shape;
  const t = toFinite("cdCurve", "times", given.times ?? Array.from({ length: times }, (_, i) => i));
  checkSameLength("cdCurve", "times and the labels' time axis", t.length, times);

  const sampleControl = controlOf(kept, attributeIndex, definition, target);
  const sampleDisentanglement = new Float64Array(samples * times);
  const perAttribute = classes.map((count, j) => {
    if (j === attributeIndex) return null;
    const entropy = entropyOf(kept, j, count);
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

/** Throws unless `curve` holds what the bootstrap resamples. */
export function checkCdCurve(caller: string, curve: CdCurve): void {
  const { t, samples, sampleControl, sampleDisentanglement, perAttribute } = (curve ?? {}) as Partial<CdCurve>;
  const size = (t?.length ?? 0) * (samples ?? 0);
  const isCurve = size > 0 && sampleControl?.length === size && sampleDisentanglement?.length === size;
  if (isCurve && Array.isArray(perAttribute)) return;
  throw new MetricsError(`${caller}: expected a curve that cdCurve() gave, got ${describeValue(curve)}.`);
}

function startingAt(labels: CheckedLabels, attributeIndex: number, from: number): CheckedLabels {
  const samples = samplesStartingAt(labels, attributeIndex, from);
  if (samples.length > 0) return selectSamples(labels, samples);
  throw new MetricsError(`cdCurve: expected samples that start with class ${from} of attribute ${attributeIndex}, got none.`);
}
