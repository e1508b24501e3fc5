import { type DeclaredOptions, describeValue, type GivenOptions } from "@latentflow/core";
import { MetricsError } from "../errors.js";
import { readOptions, SHARE } from "../input/checks.js";
import { randomIndex, SEED } from "../random.js";
import { centralShare } from "../statistics/percentiles.js";
import { areaUnderCdCurve, type ControlDisentanglement } from "./area.js";
import { type CdCurve, checkCdCurve, meanOverSamples } from "./cd-curve.js";

const BOOTSTRAP = {
  /** Resamples of the samples, with replacement (default 1000). */
  resamples: { default: 1000, min: 1, integer: true },
  /** Coverage of the percentile interval (default 0.95). */
  confidence: { default: 0.95, ...SHARE },
  seed: SEED,
} as const satisfies DeclaredOptions;

export interface BootstrapOptions extends GivenOptions<typeof BOOTSTRAP> {}

export interface Band {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

/** Percentile bootstrap bands of a CD curve, pointwise in time: whole samples are resampled, since times of one sample go together. */
export function bootstrapBands(curve: CdCurve, options: BootstrapOptions = {}): { control: Band; disentanglement: Band } {
  checkCdCurve("bootstrapBands", curve);
  const { resamples, confidence, draw } = prepare("bootstrapBands", curve.samples, options);
  const times = curve.t.length;
  const control = new Float64Array(resamples * times);
  const disentanglement = new Float64Array(resamples * times);
  for (let r = 0; r < resamples; r++) {
    const resampled = resample(curve, draw());
    control.set(resampled.control, r * times);
    disentanglement.set(resampled.disentanglement, r * times);
  }
  const band = (values: Float64Array): Band => {
    const limits = Array.from({ length: times }, (_, t) =>
      centralShare(
        Array.from({ length: resamples }, (_, r) => values[r * times + t]!),
        confidence,
      ),
    );
    return { lower: Float64Array.from(limits, (x) => x[0]), upper: Float64Array.from(limits, (x) => x[1]) };
  };
  return { control: band(control), disentanglement: band(disentanglement) };
}

/** A method's curve, or the curves of several trainings of it from different seeds. */
export type MethodCurves = CdCurve | readonly CdCurve[];

/**
 * Percentile bootstrap intervals of {@link areaUnderCdCurve}'s areas, for methods measured on the same start codes: each resample draws the same
 * codes for all of them and finds their common Control range anew. Of a method with several trainings these are drawn, too, and its area is their mean.
 *
 * @returns one interval a method, [NaN, NaN] where resamples share no range
 */
export function bootstrapAreas(curves: readonly MethodCurves[], options: BootstrapOptions = {}): [number, number][] {
  if (!Array.isArray(curves)) {
    throw new MetricsError(`bootstrapAreas: expected a list of curves, got ${describeValue(curves)}.`);
  }
  const methods = (curves as readonly MethodCurves[]).map((one) => trainingsOf("bootstrapAreas", one));
  const counts = new Set(methods.flatMap((trainings) => trainings.map(({ samples }) => samples)));
  if (counts.size !== 1) {
    throw new MetricsError(
      `bootstrapAreas: expected one curve or more over the same start codes, got ${curves.length === 0 ? "none" : `${[...counts].join(" and ")} samples`}. Measure all on one list of codes.`,
    );
  }
  const { resamples, confidence, draw, drawTrainings } = prepare("bootstrapAreas", methods[0]![0]!.samples, options);
  const drawn = Array.from({ length: resamples }, () => {
    const rows = draw();
    const chosen = methods.map((trainings) => drawTrainings(trainings).map((curve) => resample(curve, rows)));
    const { areas } = areaUnderCdCurve(chosen.flat());
    let end = 0;
    return chosen.map(({ length }) => {
      end += length;
      return mean(areas.slice(end - length, end));
    });
  });
  return curves.map((_, i) => {
    const areas = drawn.map((one) => one[i]!);
    return centralShare(areas, confidence);
  });
}

export interface PairedComparison {
  /** Mean D of a minus mean D of b over their common Control range: below 0, a disentangles better. */
  readonly difference: number;
  readonly interval: readonly [number, number];
  /** Maximum Control of a minus that of b, and its interval: above 0, a reaches more samples. */
  readonly controlDifference: number;
  readonly controlInterval: readonly [number, number];
  /** Two-sided bootstrap p-value of `difference` = 0: twice the smaller tail of the resampled differences, at least 2/(resamples + 1). */
  readonly pValue: number;
  /** Resamples in which the curves shared no Control range; they count for neither side. */
  readonly undefinedResamples: number;
  readonly resamples: number;
}

/**
 * Paired bootstrap of two methods' CD curves on the same start codes: each resample draws the same codes for both, so what makes a code hard
 * cancels. The statistic is the difference of `areaUnderCdCurve`'s mean disentanglement, its common range found anew in each resample.
 *
 * Methods that were trained several times are lists of curves: the statistic is then the mean over all pairs of trainings, and each resample draws
 * trainings, too, one fewer than there are: of so few, as many again would scatter too little (Rao and Wu, 1988).
 */
export function pairedBootstrap(a: MethodCurves, b: MethodCurves, options: BootstrapOptions = {}): PairedComparison {
  const [left, right] = [trainingsOf("pairedBootstrap", a), trainingsOf("pairedBootstrap", b)];
  const all = [...left, ...right];
  const other = all.find(({ samples }) => samples !== all[0]!.samples);
  if (other !== undefined) {
    throw new MetricsError(
      `pairedBootstrap: expected curves over the same start codes, got ${all[0]!.samples} and ${other.samples} samples. Measure both on one list of codes.`,
    );
  }
  const meaning = ({ definition, target, perAttribute }: CdCurve) =>
    `${definition === "target" ? `target ${target}` : definition} of attribute ${perAttribute.indexOf(null)} of ${perAttribute.length}`;
  const strange = all.find((curve) => meaning(curve) !== meaning(all[0]!));
  if (strange !== undefined) {
    throw new MetricsError(
      `pairedBootstrap: expected curves of one edit and one definition of Control, got ${meaning(all[0]!)} and ${meaning(strange)}.`,
    );
  }
  const { resamples, confidence, draw, drawTrainings } = prepare("pairedBootstrap", all[0]!.samples, options);
  const whole = compare(left, right);
  const results = Array.from({ length: resamples }, () => {
    const rows = draw();
    const chosen = [left, right].map((trainings) => drawTrainings(trainings).map((curve) => resample(curve, rows)));
    return compare(chosen[0]!, chosen[1]!);
  });
  const differences = results.map((x) => x.difference).filter((x) => !Number.isNaN(x));
  const tail = (sign: number) => (1 + differences.filter((x) => sign * x >= 0).length) / (differences.length + 1);
  return {
    difference: whole.difference,
    interval: centralShare(differences, confidence),
    controlDifference: whole.control,
    controlInterval: centralShare(
      results.map((x) => x.control),
      confidence,
    ),
    pValue: Math.min(1, 2 * Math.min(tail(1), tail(-1))),
    undefinedResamples: resamples - differences.length,
    resamples,
  };
}

/** Means over all pairs of trainings; pairs that share no Control range count for the reach alone. */
function compare(a: readonly ControlDisentanglement[], b: readonly ControlDisentanglement[]) {
  const pairs = a.flatMap((x) => b.map((y) => areaUnderCdCurve([x, y])));
  const differences = pairs.map(({ meanDisentanglement: [x, y] }) => x! - y!).filter((x) => !Number.isNaN(x));
  return { difference: mean(differences), control: mean(pairs.map(({ maxControl: [x, y] }) => x! - y!)) };
}

/** NaN of none. */
function mean(values: readonly number[]): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}

function trainingsOf(caller: string, curves: MethodCurves): readonly CdCurve[] {
  const trainings = Array.isArray(curves) && curves.length > 0 ? (curves as readonly CdCurve[]) : [curves as CdCurve];
  for (const curve of trainings) checkCdCurve(caller, curve);
  return trainings;
}

function prepare(caller: string, samples: number, options: BootstrapOptions) {
  const { resamples, confidence, seed } = readOptions(caller, BOOTSTRAP, options);
  const index = randomIndex(seed);
  const rows = new Uint32Array(samples);
  const draw = () => {
    for (let i = 0; i < samples; i++) rows[i] = index(samples);
    return rows;
  };
  /** One training is that training: only of several is one drawn. */
  const drawTrainings = <T>(trainings: readonly T[]): readonly T[] =>
    trainings.length === 1 ? trainings : Array.from({ length: trainings.length - 1 }, () => trainings[index(trainings.length)]!);
  return { resamples, confidence, draw, drawTrainings };
}

function resample(curve: CdCurve, rows: Uint32Array): Pick<CdCurve, keyof ControlDisentanglement> {
  const times = curve.t.length;
  return {
    t: curve.t,
    control: meanOverSamples(curve.sampleControl, curve.samples, times, rows),
    disentanglement: meanOverSamples(curve.sampleDisentanglement, curve.samples, times, rows),
  };
}
