import { describe, expect, it } from "vitest";
import {
  areaUnderCdCurve,
  bootstrapAreas,
  bootstrapBands,
  type CdCurve,
  cdCurve,
  editLengthForControl,
  type Labels,
  pairedBootstrap,
} from "../src/index.js";
import reference from "./reference/metrics.json" with { type: "json" };

const straight = { t: [0, 1, 2], control: [0, 0.5, 1], disentanglement: [0, 0.5, 1] };
const lower = { t: [0, 1, 2], control: [0, 0.4, 0.8], disentanglement: [0, 0.1, 0.2] };

describe("areaUnderCdCurve", () => {
  it("integrates D over the Control range both curves cover", () => {
    const { range, areas, maxControl, meanDisentanglement } = areaUnderCdCurve([straight, lower]);
    expect(range).toEqual([0, 0.8]);
    expect(areas[0]).toBeCloseTo(0.32, 14);
    expect(areas[1]).toBeCloseTo(0.08, 14);
    expect(meanDisentanglement[0]).toBeCloseTo(0.4, 14);
    expect(maxControl).toEqual([1, 0.8]);
  });

  it("is the area of the triangle for the diagonal", () => {
    expect(areaUnderCdCurve([straight]).areas[0]).toBeCloseTo(0.5, 14);
  });

  it("takes D where Control first reaches a level, and steps over a fall", () => {
    const falls = { t: [0, 1, 2, 3], control: [0, 0.5, 0.25, 1], disentanglement: [0, 0.1, 0.6, 0.9] };
    // 0 → 0.5 rises from D 0 to 0.1; 0.5 → 1 is the last two thirds of the piece from 0.6 to 0.9, entered at 0.7.
    expect(areaUnderCdCurve([falls]).areas[0]).toBeCloseTo(0.5 * 0.05 + 0.5 * 0.8, 12);
  });

  it("adds up over adjacent ranges", () => {
    const whole = areaUnderCdCurve([straight]).areas[0]!;
    const parts = [0, 0.37].map((from, i) => areaUnderCdCurve([straight], { range: [from, i ? 1 : 0.37] }).areas[0]!);
    expect(parts[0]! + parts[1]!).toBeCloseTo(whole, 14);
  });

  it("has an empty range when a curve never rises, and refuses a range outside the common one", () => {
    const flat = { t: [0, 1], control: [0, 0], disentanglement: [0, 0.3] };
    const { range, meanDisentanglement } = areaUnderCdCurve([straight, flat]);
    expect(range).toEqual([0, 0]);
    expect(meanDisentanglement).toEqual([Number.NaN, Number.NaN]);
    expect(() => areaUnderCdCurve([straight, lower], { range: [0, 0.9] })).toThrow(/0, 0.8/);
    expect(() => areaUnderCdCurve([straight, lower], { range: [0, Number.NaN] })).toThrow(/got \[0, NaN\]/);
  });

  it("refuses curves that are none", () => {
    expect(() => areaUnderCdCurve([{ ...straight, disentanglement: [0] }])).toThrow(/one length/);
    expect(() => areaUnderCdCurve([{ t: [], control: [], disentanglement: [] }])).toThrow(/one length/);
    expect(() => editLengthForControl({ ...straight, control: straight.control.map(() => Number.NaN) }, 0.5)).toThrow(/finite/);
    expect(() => editLengthForControl(straight, 95)).toThrow(/level from 0 to 1/);
  });
});

describe("editLengthForControl", () => {
  it("is linear between times, null above the maximum", () => {
    expect(editLengthForControl(straight, 0.75)).toBeCloseTo(1.5, 14);
    expect(editLengthForControl(lower, 0.9)).toBeNull();
    expect(editLengthForControl(lower, 0)).toBe(0);
    expect(editLengthForControl(lower, 0.4)).toBe(1);
  });
});

const { labels: data, shape, classes, attribute } = reference.cdCurve;
const labels: Labels = { data: Uint8Array.from(data), shape: shape as [number, number, number] };
const curve = cdCurve(labels, { attributeIndex: attribute, classes, control: "changed" });

/** The same edits with every other attribute frozen at its start: a better disentangled method. */
function frozen(): Labels {
  const [samples, attributes, times] = labels.shape;
  const copy = Uint8Array.from(data);
  for (let i = 0; i < samples * attributes; i++)
    if (i % attributes !== attribute && i % 2 === 0) copy.fill(copy[i * times]!, i * times, (i + 1) * times);
  return { data: copy, shape: labels.shape };
}

describe("bootstrap", () => {
  it("bands hold the curve, are ordered, and repeat with the seed", () => {
    const bands = bootstrapBands(curve, { resamples: 400, seed: 3 });
    expect(bootstrapBands(curve, { resamples: 400, seed: 3 })).toEqual(bands);
    for (let t = 0; t < curve.t.length; t++) {
      expect(bands.disentanglement.lower[t]!).toBeLessThanOrEqual(curve.disentanglement[t]! + 1e-12);
      expect(bands.disentanglement.upper[t]!).toBeGreaterThanOrEqual(curve.disentanglement[t]! - 1e-12);
    }
  });

  it("the band of a proportion is about its normal interval", () => {
    const t = 3;
    const share = curve.control[t]!;
    const half = 1.96 * Math.sqrt((share * (1 - share)) / curve.samples);
    const { lower: low, upper: high } = bootstrapBands(curve, { resamples: 4000, seed: 1 }).control;
    expect((high[t]! - low[t]!) / (2 * half)).toBeGreaterThan(0.85);
    expect((high[t]! - low[t]!) / (2 * half)).toBeLessThan(1.15);
  });

  it("a method against itself differs by 0; a better one has a negative interval; swapping changes the sign", () => {
    const better = cdCurve(frozen(), { attributeIndex: attribute, classes, control: "changed" });
    const self = pairedBootstrap(curve, curve, { resamples: 200 });
    expect([self.difference, ...self.interval]).toEqual([0, 0, 0]);
    expect(self.pValue).toBe(1);
    const gain = pairedBootstrap(better, curve, { resamples: 500, seed: 5 });
    const loss = pairedBootstrap(curve, better, { resamples: 500, seed: 5 });
    expect(gain.interval[1]).toBeLessThan(0);
    expect(gain.pValue).toBeLessThan(0.01);
    expect(gain.difference).toBeCloseTo(-loss.difference, 12);
    expect(gain.interval[0]).toBeCloseTo(-loss.interval[1], 12);
  });

  it("intervals of areas hold the area; of D = C they are those of the largest Control, C²/2", () => {
    const better = cdCurve(frozen(), { attributeIndex: attribute, classes, control: "changed" });
    const both = bootstrapAreas([curve, better], { resamples: 400, seed: 2 });
    expect(bootstrapAreas([curve, better], { resamples: 400, seed: 2 })).toEqual(both);
    areaUnderCdCurve([curve, better]).areas.forEach((area, i) => {
      expect(both[i]![0]).toBeLessThan(area);
      expect(both[i]![1]).toBeGreaterThan(area);
    });
    const diagonal = { ...curve, sampleDisentanglement: Float64Array.from(curve.sampleControl), disentanglement: curve.control };
    const [[low, high]] = bootstrapAreas([diagonal], { resamples: 400, seed: 2 }) as [[number, number]];
    // Control never falls where it is cumulative, so its largest value is its last.
    const last = curve.t.length - 1;
    const { lower, upper } = bootstrapBands(curve, { resamples: 400, seed: 2 }).control;
    expect(low).toBeCloseTo(lower[last]! ** 2 / 2, 3);
    expect(high).toBeCloseTo(upper[last]! ** 2 / 2, 3);
  });

  it("refuses curves over different codes", () => {
    const fewer = cdCurve(labels, { attributeIndex: attribute, classes, from: 0 });
    expect(() => bootstrapAreas([curve, fewer])).toThrow(/same start codes/);
    expect(() => bootstrapAreas([])).toThrow(/got none/);
    expect(() => pairedBootstrap(curve, fewer)).toThrow(/same start codes/);
  });

  it("refuses to compare one definition of Control with the other, or two targets", () => {
    const target = cdCurve(labels, { attributeIndex: attribute, classes });
    expect(() => pairedBootstrap(curve, target)).toThrow(/one definition of Control/);
    expect(() => pairedBootstrap(target, cdCurve(labels, { attributeIndex: attribute, classes, target: 0 }))).toThrow(
      /target 0 of attribute/,
    );
  });
});

describe("several trainings of a method", () => {
  /** A hundred starts, of which `share` have changed in the end; Disentanglement is `slope` times Control in all. */
  const training = (share: number, slope: number): CdCurve => {
    const samples = 100;
    const control = [0, share / 2, share];
    const starts = Array.from({ length: samples }, (_, i) => i);
    return {
      ...{ t: Float64Array.of(0, 1, 2), control: Float64Array.from(control), samples, perAttribute: [null] },
      ...{ definition: "target", target: 1, disentanglement: Float64Array.from(control, (c) => slope * c) },
      sampleControl: Uint8Array.from(starts.flatMap((i) => control.map((c) => (i < c * samples ? 1 : 0)))),
      sampleDisentanglement: Float64Array.from(starts.flatMap(() => control.map((c) => slope * c))),
    };
  };
  const options = { resamples: 600, seed: 4 };
  const width = ([low, high]: readonly [number, number]) => high - low;

  it("of one are that training, number by number", () => {
    const [a, b] = [training(0.8, 0.5), training(0.6, 0.2)];
    expect(pairedBootstrap([a], [b], options)).toEqual(pairedBootstrap(a, b, options));
    expect(bootstrapAreas([[a], b], options)).toEqual(bootstrapAreas([a, b], options));
  });

  it("are compared by the means over all their pairs", () => {
    const [flow, line] = [[training(0.4, 0.1), training(0.8, 0.3)], training(0.6, 0.5)];
    const { difference, controlDifference } = pairedBootstrap(flow, line, options);
    // Up to 0.4, then up to 0.6: half the slope's difference times the range's end.
    expect(difference).toBeCloseTo((-0.4 * 0.2 - 0.2 * 0.3) / 2, 12);
    expect(controlDifference).toBeCloseTo(0, 12);
  });

  it("widen the interval where they disagree, as the spread of a mean over so few", () => {
    const line = training(0.5, 0.2);
    const agreed = pairedBootstrap(
      [0.5, 0.5, 0.5].map((share) => training(share, 0.2)),
      line,
      options,
    );
    const lucky = pairedBootstrap(
      [0.2, 0.5, 0.8].map((share) => training(share, 0.2)),
      line,
      options,
    );
    expect(lucky.controlDifference).toBeCloseTo(0, 12);
    // The standard error of the mean of 0.2, 0.5 and 0.8 is 0.17; drawn as many at a time, resamples would have 0.14.
    expect(width(lucky.controlInterval)).toBeGreaterThan(2 * 1.5 * 0.17);
    expect(width(lucky.controlInterval)).toBeGreaterThan(3 * width(agreed.controlInterval));
    expect(pairedBootstrap(training(0.8, 0.2), line, options).controlInterval[0]).toBeGreaterThan(0);
    const [wide, narrow] = bootstrapAreas([[training(0.9, 0.1), training(0.9, 0.9)], training(0.9, 0.5)], options);
    expect(width(wide!)).toBeGreaterThan(5 * width(narrow!));
  });

  it("must be of one edit, on the same starts", () => {
    const [a, b] = [training(0.5, 0.2), training(0.4, 0.2)];
    expect(() => pairedBootstrap([a, { ...b, target: 2 }], a)).toThrow(/one definition of Control/);
    expect(() => pairedBootstrap([a, []] as never, a)).toThrow(/expected a curve that cdCurve\(\) gave/);
    expect(() => bootstrapAreas([[]] as never)).toThrow(/expected a curve that cdCurve\(\) gave/);
  });
});
