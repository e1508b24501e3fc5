import { describe, expect, it } from "vitest";
import { cdCurve, firstFlips, type Labels, labelEntropy, MetricsError, samplesStartingAt, selectSamples } from "../src/index.js";
import reference from "./reference/metrics.json" with { type: "json" };

const { labels: data, shape, classes, attribute, target } = reference.cdCurve;
const labels: Labels = { data: Uint8Array.from(data), shape: shape as [number, number, number] };

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce((largest, x, i) => Math.max(largest, Math.abs(x - b[i]!)), 0);
}

describe("cdCurve against the NumPy transcription of equations 6 and 7", () => {
  it("gives both Controls, Disentanglement and its breakdown to 1e-12", () => {
    const byTarget = cdCurve(labels, { attributeIndex: attribute, classes, target });
    const byChange = cdCurve(labels, { attributeIndex: attribute, classes, control: "changed" });
    expect(largestDifference(byTarget.control, reference.cdCurve.controlTarget)).toBeLessThan(1e-12);
    expect(largestDifference(byChange.control, reference.cdCurve.controlChanged)).toBeLessThan(1e-12);
    expect(largestDifference(byTarget.disentanglement, reference.cdCurve.disentanglement)).toBeLessThan(1e-12);
    for (const [j, expected] of Object.entries(reference.cdCurve.perAttribute)) {
      expect(largestDifference(byTarget.perAttribute[Number(j)]!, expected)).toBeLessThan(1e-12);
    }
    expect(byTarget.perAttribute[attribute]).toBeNull();
    expect([byTarget.definition, byChange.definition]).toEqual(["target", "changed"]);
  });

  it("is the same from Int32Array labels", () => {
    const wide: Labels = { data: Int32Array.from(data), shape: labels.shape };
    expect(cdCurve(wide, { attributeIndex: attribute, classes })).toEqual(
      cdCurve(labels, { attributeIndex: attribute, classes }),
    );
  });
});

describe("what the measures mean", () => {
  it("lies in the unit square; changed Control never falls", () => {
    const curve = cdCurve(labels, { attributeIndex: attribute, classes, control: "changed" });
    for (let i = 0; i < curve.t.length; i++) {
      expect(curve.disentanglement[i]).toBeGreaterThanOrEqual(0);
      expect(curve.disentanglement[i]).toBeLessThanOrEqual(1);
      if (i > 0) expect(curve.control[i]!).toBeGreaterThanOrEqual(curve.control[i - 1]!);
    }
  });

  it("an attribute that never changes has entropy 0, one that visits every class equally has 1", () => {
    const two: Labels = { data: Uint8Array.from([0, 0, 0, 0, 0, 1, 0, 1]), shape: [1, 2, 4] };
    expect(Array.from(labelEntropy(two, 0, 2))).toEqual([0, 0, 0, 0]);
    expect(labelEntropy(two, 1, 2)[3]).toBeCloseTo(1, 14);
  });

  it("is the entropy of the shares of classes over [0, t], over ln C: another number when the same path is looked at more often", () => {
    const often: Labels = { data: Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 1]), shape: [1, 2, 4] };
    const seldom: Labels = { data: Uint8Array.from([0, 0, 0, 1]), shape: [1, 2, 2] };
    const atTheEnd = (labels: Labels) => cdCurve(labels, { attributeIndex: 0, classes: [2, 2] }).disentanglement.at(-1)!;
    expect(atTheEnd(often)).toBeCloseTo(-(0.75 * Math.log(0.75) + 0.25 * Math.log(0.25)) / Math.log(2), 14);
    expect(atTheEnd(often)).toBeCloseTo(0.8112781244591328, 14);
    expect(atTheEnd(seldom)).toBeCloseTo(1, 14);
  });

  it("a code that leaves its class and comes back counts for changed, not for target", () => {
    const path: Labels = { data: Uint8Array.from([0, 1, 0, 0, 0, 0]), shape: [1, 2, 3] };
    expect(Array.from(cdCurve(path, { attributeIndex: 0, classes: [2, 2] }).control)).toEqual([0, 1, 0]);
    expect(Array.from(cdCurve(path, { attributeIndex: 0, classes: [2, 2], control: "changed" }).control)).toEqual([0, 1, 1]);
  });

  it("from keeps only the samples that start there", () => {
    const kept = selectSamples(labels, samplesStartingAt(labels, attribute, 0));
    const curve = cdCurve(labels, { attributeIndex: attribute, classes, from: 0 });
    expect(curve.samples).toBe(kept.shape[0]);
    expect(curve.control).toEqual(cdCurve(kept, { attributeIndex: attribute, classes }).control);
    expect(curve.control[0]).toBe(0);
  });

  it("the mean over single samples is the curve of all", () => {
    const whole = cdCurve(labels, { attributeIndex: attribute, classes });
    const [samples, , times] = labels.shape;
    const mean = new Float64Array(times);
    for (let i = 0; i < samples; i++) {
      const one = cdCurve(selectSamples(labels, [i]), { attributeIndex: attribute, classes });
      for (let t = 0; t < times; t++) mean[t]! += one.disentanglement[t]! / samples;
    }
    expect(largestDifference(whole.disentanglement, mean)).toBeLessThan(1e-12);
  });

  it("takes 2,000 samples × 40 attributes × 40 times", () => {
    const large: Labels = { data: new Uint8Array(2000 * 40 * 40).map((_, i) => (i * 7919) % 2), shape: [2000, 40, 40] };
    const curve = cdCurve(large, { attributeIndex: 3, classes: Array.from({ length: 40 }, () => 2) });
    expect(curve.control.length).toBe(40);
  });
});

describe("firstFlips", () => {
  it("finds the first change, counts the rest as never", () => {
    const paths: Labels = { data: Uint8Array.from([0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0]), shape: [3, 1, 4] };
    const flips = firstFlips(paths, { attributeIndex: 0, times: [0, 2, 4, 6], bins: 3 });
    expect(Array.from(flips.distance)).toEqual([2, 4, Number.POSITIVE_INFINITY]);
    expect(Array.from(flips.counts)).toEqual([1, 1, 0]);
    expect(flips.never).toBe(1);
  });

  it("every sample is counted once", () => {
    const times = Array.from({ length: shape[2]! }, (_, i) => i / 2);
    const flips = firstFlips(labels, { attributeIndex: attribute, times, bins: 7 });
    expect(flips.counts.reduce((a, b) => a + b) + flips.never).toBe(shape[0]);
  });
});

describe("wrong input is told apart", () => {
  it.each([
    [
      "a label outside its class range",
      () => cdCurve(labels, { attributeIndex: attribute, classes: [2, 2, 3, 4] }),
      /attribute 1 in 0…1/,
    ],
    [
      "data that does not fit the shape",
      () => cdCurve({ data: new Uint8Array(3), shape: [1, 2, 4] }, { attributeIndex: 0, classes: [2, 2] }),
      /\[1, 2, 4\]/,
    ],
    ["an unknown option", () => cdCurve(labels, { attributeIndex: attribute, classes, tarject: 1 } as never), /"tarject"/],
    [
      "an unknown definition",
      () => cdCurve(labels, { attributeIndex: attribute, classes, control: "paper" as never }),
      /"paper"/,
    ],
    [
      "a single attribute",
      () => cdCurve({ data: new Uint8Array(4), shape: [2, 1, 2] }, { attributeIndex: 0, classes: [2] }),
      /2 attributes/,
    ],
    [
      "nobody starting there",
      () => cdCurve({ data: new Uint8Array(4), shape: [1, 2, 2] }, { attributeIndex: 0, classes: [2, 2], from: 1 }),
      /class 1/,
    ],
  ])("%s", (_, act, message) => {
    expect(act).toThrow(MetricsError);
    expect(act).toThrow(message);
  });
});
