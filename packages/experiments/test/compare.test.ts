import type { CdCurve } from "@latentflow/metrics";
import { describe, expect, it } from "vitest";
import { areasOf, pairedTest } from "../src/steps/evaluate/compare.js";

const SETTINGS = { resamples: 50, confidence: 0.95 };

/** A curve of a hundred starts, of which the first `control · 100` have changed; Disentanglement is `slope` times Control in all. */
function curve(control: readonly number[], slope: number): CdCurve {
  const samples = 100;
  const starts = Array.from({ length: samples }, (_, i) => i);
  const disentanglement = control.map((c) => slope * c);
  return {
    t: Float64Array.from(control.keys()),
    control: Float64Array.from(control),
    disentanglement: Float64Array.from(disentanglement),
    samples,
    perAttribute: [null],
    definition: "target",
    target: 1,
    sampleControl: Uint8Array.from(starts.flatMap((i) => control.map((c) => (i < c * samples ? 1 : 0)))),
    sampleDisentanglement: Float64Array.from(starts.flatMap(() => disentanglement)),
  };
}

describe("areas of an attribute's methods", () => {
  it("are taken over the Control range that all reach: ∫ s·C dC = s·C²/2", () => {
    const { range, areas } = areasOf([curve([0, 0.4, 0.8], 0.5), curve([0, 0.3, 0.6], 0.1)], SETTINGS, 0);
    expect(range).toEqual([0, 0.6]);
    expect(areas.map(({ area }) => area)).toEqual([expect.closeTo(0.5 * 0.18, 12), expect.closeTo(0.1 * 0.18, 12)]);
    expect(areas.map(({ maxControl }) => maxControl)).toEqual([0.8, 0.6]);
  });

  it("leave out a method that gets nowhere, so that the others can still be compared", () => {
    const { range, areas } = areasOf(
      [curve([0, 0.4, 0.8], 0.5), curve([0, 0, 0.04], 0.1), curve([0, 0.3, 0.6], 0.1)],
      SETTINGS,
      0,
    );
    expect(range).toEqual([0, 0.6]);
    expect(areas[1]).toEqual({ area: null, interval: null, meanDisentanglement: null, maxControl: 0.04 });
    expect(areas[0]!.meanDisentanglement).toBeCloseTo(0.5 * 0.3, 12);
    const { area, interval } = areas[2]!;
    expect(interval![0]).toBeLessThanOrEqual(area!);
    expect(interval![1]).toBeGreaterThanOrEqual(area!);
  });

  it("are none where no method gets anywhere", () => {
    const { range, areas } = areasOf([curve([0, 0, 0], 0.5), curve([0, 0.01, 0.02], 0.1)], SETTINGS, 0);
    expect(range).toEqual([0, 0]);
    expect(areas.every(({ area }) => area === null)).toBe(true);
  });
});

describe("two methods of an attribute", () => {
  it("are compared at equal Control: mean of s·C up to C₁ is s·C₁/2", () => {
    const test = pairedTest(curve([0, 0.4, 0.8], 0.5), curve([0, 0.3, 0.6], 0.1), SETTINGS);
    expect(test.difference).toBeCloseTo(0.4 * 0.3, 12);
    expect(test.controlDifference).toBeCloseTo(0.2, 12);
    expect(test.interval![0]).toBeGreaterThan(0);
  });

  it("are compared by reach alone where one of them gets nowhere, however pure its few first starts are", () => {
    const test = pairedTest(curve([0, 0, 0.04], 0), curve([0, 0.5, 0.9], 0.5), SETTINGS);
    expect([test.difference, test.interval, test.pValue]).toEqual([null, null, null]);
    expect(test.controlDifference).toBeCloseTo(-0.86, 12);
    expect(test.controlInterval[1]).toBeLessThan(0);
  });
});
