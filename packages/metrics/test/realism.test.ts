import { describe, expect, it } from "vitest";
import {
  codeDistances,
  codeRegion,
  frechetDistance,
  MetricsError,
  type ResampledDistance,
  resampleDistances,
} from "../src/index.js";
import { randomIndex } from "../src/random.js";
import reference from "./reference/realism.json" with { type: "json" };

const relative = (a: number, b: number) => Math.abs(a - b) / Math.max(Math.abs(b), 1e-300);
const index = randomIndex(7);
/** About normal: a sum of twelve uniform numbers. */
const normal = () => Array.from({ length: 12 }, () => index(1e6) / 1e6).reduce((a, b) => a + b) - 6;
const normals = (rows: number, columns: number) => Array.from({ length: rows }, () => Array.from({ length: columns }, normal));

describe("frechetDistance", () => {
  it("is what SciPy's sqrtm of the covariances' product gives", () => {
    for (const { a, b, distance } of reference.frechet.full)
      expect(relative(frechetDistance(a, b).distance, distance)).toBeLessThan(1e-9);
  });

  it("is as exact for fewer rows than features, where covariances are singular", () => {
    for (const { a, b, distance } of reference.frechet.singular) {
      expect(relative(frechetDistance(a, b).distance, distance)).toBeLessThan(1e-10);
      expect(relative(frechetDistance(b, a).distance, distance)).toBeLessThan(1e-10);
    }
  });

  it("of points with themselves it is 0, also when features are dead or repeated; of shifted ones the shift's square", () => {
    const points = normals(40, 6).map((row) => [...row, 3, row[0]!, 1e-9 * row[1]!]);
    expect(frechetDistance(points, points).distance).toBeLessThan(1e-12);
    const shifted = points.map((row) => row.map((x) => x + 2));
    expect(frechetDistance(points, shifted).distance).toBeCloseTo(4 * 9, 9);
  });

  it("influences are the derivatives with respect to the rows' weights, with mean 0", () => {
    for (const { a, b, slopes } of [...reference.frechet.full, ...reference.frechet.singular]) {
      const { influenceA, influenceB, distance } = frechetDistance(a, b);
      for (const [i, slope] of slopes.entries())
        expect(Math.abs(influenceA[i]! - slope)).toBeLessThan(1e-5 * (distance + Math.abs(slope)));
      for (const influence of [influenceA, influenceB]) {
        expect(Math.abs(influence.reduce((x, y) => x + y))).toBeLessThan(
          1e-9 * influence.length * Math.max(...influence.map(Math.abs)),
        );
      }
      const mirrored = frechetDistance(b, a);
      for (const [i, x] of mirrored.influenceB.entries())
        expect(Math.abs(x - influenceA[i]!)).toBeLessThan(1e-8 * (distance + Math.abs(x)));
    }
  });

  it("influences are of the distance's size for far fewer rows than features, too", () => {
    for (const rows of [12, 40, 70]) {
      const features = () => normals(rows, 120).map((row) => row.map((x) => 30 * Math.max(0, x)));
      const { distance, influenceA, influenceB } = frechetDistance(features(), features());
      for (const influence of [influenceA, influenceB]) expect(Math.max(...influence.map(Math.abs))).toBeLessThan(2 * distance);
    }
  });

  it("refuses one point, other numbers of features and what is not finite", () => {
    expect(() =>
      frechetDistance(
        [[1, 2]],
        [
          [1, 2],
          [2, 1],
        ],
      ),
    ).toThrow(/expected 2 rows or more in a, got 1/);
    expect(() =>
      frechetDistance(
        [[1], [2]],
        [
          [1, 2],
          [2, 1],
        ],
      ),
    ).toThrow(/as many features in a as in b, got 1 and 2/);
    expect(() => frechetDistance([[1], [Number.NaN]], [[1], [2]])).toThrow(MetricsError);
  });
});

describe("resampleDistances", () => {
  const measured = (a: number[][], b: number[][]): ResampledDistance => {
    const { distance, influenceA, influenceB } = frechetDistance(a, b);
    const rows = (influence: Float64Array) => ({ ids: influence.map((_, i) => i), classes: influence.map(() => 0), influence });
    return { distance, edited: rows(influenceA), own: rows(influenceB) };
  };
  const spread = (values: ArrayLike<number>) => {
    const all = Array.from(values);
    const mean = all.reduce((x, y) => x + y) / all.length;
    return { mean, deviation: Math.sqrt(all.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (all.length - 1)) };
  };

  it("scatters around the measured value as measurements of fresh rows do", () => {
    const shifted = () => normals(80, 3).map(([x, y, z]) => [1.5 * x! + 1, y!, 0.5 * z!]);
    const fresh = spread(Array.from({ length: 150 }, () => frechetDistance(shifted(), normals(80, 3)).distance));
    const deviations = Array.from({ length: 10 }, (_, seed) => {
      const one = measured(shifted(), normals(80, 3));
      const { mean, deviation } = spread(resampleDistances([one], { resamples: 400, seed })[0]!);
      expect(Math.abs(mean - one.distance)).toBeLessThan(0.3 * deviation);
      return deviation;
    });
    expect(relative(spread(deviations).mean, fresh.deviation)).toBeLessThan(0.2);
  });

  it("draws the same starts and codes for all: the difference of a measurement from itself is 0", () => {
    const one = measured(normals(30, 4), normals(30, 4));
    const [first, second] = resampleDistances([one, one], { resamples: 50, seed: 3 });
    expect(first).toEqual(second);
    expect(resampleDistances([one], { resamples: 50, seed: 3 })[0]).toEqual(first);
    expect(spread(first!).deviation).toBeGreaterThan(0);
  });

  it("gives the generator's own pictures the classes' shares of the drawn edits, so that those alone change nothing", () => {
    // Influences that depend on the class alone, opposite on both sides: what more of a class adds here it takes off there.
    const classes = [0, 0, 0, 1, 1, 1, 1, 1];
    const rows = (sign: number) => ({
      ids: classes.map((_, i) => i),
      classes,
      influence: classes.map((label) => sign * (label === 0 ? 5 : -3)),
    });
    const values = resampleDistances([{ distance: 2, edited: rows(1), own: rows(-1) }], { resamples: 40 })[0]!;
    for (const value of values) expect(value).toBeCloseTo(2, 12);
  });

  it("refuses what is no measurement", () => {
    expect(() => resampleDistances({} as never)).toThrow(/expected a list of one measured distance or more/);
    const rows = { ids: [0, 1], classes: [0], influence: [1, -1] };
    expect(() => resampleDistances([{ distance: 1, edited: rows, own: rows }])).toThrow(
      /edited.ids and classes to have the same length/,
    );
    expect(() =>
      resampleDistances([{ distance: 1, edited: { ...rows, classes: [0, 0] }, own: { ...rows, classes: [0, 0] } }], {
        resamples: 0,
      }),
    ).toThrow(MetricsError);
  });
});

describe("codeRegion", () => {
  it("distances, threshold and shrinkage are those of SciPy and scikit-learn's Ledoit and Wolf, before the leaky ReLU", () => {
    for (const { codes, slope, shrinkage, distances, threshold } of reference.codes) {
      const region = codeRegion(codes, { slope });
      expect(region.shrinkage).toBeCloseTo(shrinkage, 12);
      expect(relative(region.threshold, threshold)).toBeLessThan(1e-10);
      for (const [i, x] of codeDistances(region, codes).entries()) expect(relative(x, distances[i]!)).toBeLessThan(1e-10);
    }
  });

  it("leaves 1 % of its own codes outside, or what share says, and finds far ones", () => {
    const codes = normals(400, 5).map((row) => row.map((x) => (x < 0 ? 0.2 * x : x)));
    const outside = (share?: number) => {
      const region = codeRegion(codes, { slope: 0.2, ...(share && { share }) });
      return codeDistances(region, codes).filter((x) => x > region.threshold).length;
    };
    expect(outside()).toBe(4);
    expect(outside(0.9)).toBe(40);
    const region = codeRegion(codes, { slope: 0.2 });
    const far = codes.map((row) => row.map((x) => x + 8));
    expect(codeDistances(region, far).every((x) => x > region.threshold)).toBe(true);
  });

  it("a gain behind the leaky ReLU changes nothing", () => {
    const codes = normals(60, 3).map((row) => row.map((x) => (x < 0 ? 0.2 * x : x)));
    const gained = codes.map((row) => row.map((x) => Math.SQRT2 * x));
    const [plain, other] = [codeRegion(codes, { slope: 0.2 }), codeRegion(gained, { slope: 0.2 })];
    expect(other.threshold).toBeCloseTo(plain.threshold, 9);
  });

  it("refuses a slope that is none, one code, equal codes and codes of another width", () => {
    expect(() => codeRegion([[1], [2]], { slope: 0 })).toThrow(/expected slope to be above 0 and at most 1, got 0/);
    expect(() => codeRegion([[1, 2]])).toThrow(/expected 2 codes or more that differ/);
    expect(() =>
      codeRegion([
        [1, 2],
        [1, 2],
      ]),
    ).toThrow(/expected 2 codes or more that differ/);
    expect(() => codeDistances(codeRegion(normals(9, 2)), [[1]])).toThrow(/expected codes \[n, 2\].*got \[n, 1\]/);
    expect(() => codeDistances({} as never, [[1]])).toThrow(/expected a region that codeRegion\(\) gave/);
    expect(() => codeRegion(normals(9, 2), { shares: 1 } as never)).toThrow(MetricsError);
  });
});
