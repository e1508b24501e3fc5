import { SeededRandom } from "@latentflow/core";
import { describe, expect, it } from "vitest";
import { eigenSpectrum, fastSubspaceDimension, MetricsError, singularEntropy } from "../src/index.js";
import { eigenvaluesOf } from "../src/linear-algebra/eigenvalues.js";
import { singularValuesOf } from "../src/linear-algebra/singular-values.js";
import reference from "./reference/metrics.json" with { type: "json" };

describe.each(reference.matrices.map((c) => [c.a.length, c] as const))(
  "a random square matrix of size %i against NumPy and SciPy",
  (_, c) => {
    it("singular entropy of W and of W + I over the first k, to 1e-10", () => {
      const plain = singularEntropy(c.a, { k: c.k });
      const shifted = singularEntropy({ data: c.a.flat(), shape: [c.a.length, c.a.length] }, { k: c.k, plusIdentity: true });
      expect(Math.abs(plain.entropy - c.entropy)).toBeLessThan(1e-10);
      expect(Math.abs(shifted.entropy - c.entropyPlusIdentity)).toBeLessThan(1e-10);
      expect([plain.matrix, shifted.matrix]).toEqual(["W", "W + I"]);
      c.singularValues.forEach((sigma, i) => {
        expect(plain.singularValues[i]).toBeCloseTo(sigma, 10);
      });
    });

    it("eigenvalue moduli and the fast subspace's dimension", () => {
      const spectrum = eigenSpectrum(c.a);
      c.modulus.forEach((modulus, i) => {
        expect(spectrum.modulus[i]).toBeCloseTo(modulus, 9);
      });
      expect(fastSubspaceDimension(spectrum)).toBe(c.fast);
    });
  },
);

/** Far outside where squares of numbers still are numbers. */
const EXTREMES = [1e155, 1e300, 1e-155, 1e-200, 1e-300];

describe.each(EXTREMES)("entries of about %d", (scale) => {
  it.each(reference.matrices.map((c) => [c.a.length, c] as const))("size %i: the same spectrum and entropy, scaled", (_, c) => {
    const a = c.a.map((row) => row.map((x) => x * scale));
    const spectrum = eigenSpectrum(a);
    c.modulus.forEach((modulus, i) => {
      expect(spectrum.modulus[i]! / scale).toBeCloseTo(modulus, 9);
    });
    expect(fastSubspaceDimension(spectrum)).toBe(c.fast);
    const { entropy, singularValues } = singularEntropy(a, { k: c.k });
    expect(entropy).toBeCloseTo(c.entropy, 10);
    c.singularValues.forEach((sigma, i) => {
      expect(singularValues[i]! / scale).toBeCloseTo(sigma, 10);
    });
  });
});

/** All orders of the items. */
const orders = (items: readonly number[]): number[][] =>
  items.length <= 1 ? [[...items]] : items.flatMap((x, i) => orders(items.toSpliced(i, 1)).map((rest) => [x, ...rest]));
const permutation = (order: readonly number[]) => order.map((j) => order.map((_, k) => Number(j === k)));
/** As [real, imaginary], rounded, in one order. */
const pairs = ({ real, imaginary }: { real: Float64Array; imaginary: Float64Array }) =>
  Array.from(real, (x, i) => [Number(x.toFixed(6)) + 0, Number(imaginary[i]!.toFixed(6)) + 0]).sort(
    (a, b) => a[0]! - b[0]! || a[1]! - b[1]!,
  );

describe("matrices of zeros and ones", () => {
  it("a cycle of four beside a fixed point has the eigenvalues ±1, ±i and 1", () => {
    const found = eigenSpectrum([
      [1, 0, 0, 0, 0],
      [0, 0, 0, 1, 0],
      [1, 1, 0, 0, 0],
      [1, 0, 0, 0, 1],
      [0, 0, 1, 0, 0],
    ]);
    expect(pairs(found)).toEqual([
      [-1, 0],
      [0, -1],
      [0, 1],
      [1, 0],
      [1, 0],
    ]);
  });

  it("every permutation of up to 5, of a cycle's length n, has the n-th roots of unity", () => {
    for (const n of [2, 3, 4, 5]) {
      for (const order of orders([...Array(n).keys()])) {
        const expected: [number, number][] = [];
        const seen = new Set<number>();
        for (let start = 0; start < n; start++) {
          let length = 0;
          for (let i = start; !seen.has(i); i = order[i]!) {
            seen.add(i);
            length++;
          }
          for (let k = 0; k < length; k++)
            expected.push([Math.cos((2 * Math.PI * k) / length), Math.sin((2 * Math.PI * k) / length)]);
        }
        const roots = { real: Float64Array.from(expected, (x) => x[0]), imaginary: Float64Array.from(expected, (x) => x[1]) };
        expect(pairs(eigenSpectrum(permutation(order)))).toEqual(pairs(roots));
      }
    }
  });

  it("any other has eigenvalues whose powers add up to the traces of its powers", () => {
    const random = new SeededRandom(4);
    for (let trial = 0; trial < 500; trial++) {
      const n = random.integer(1, 6);
      const a = Array.from({ length: n }, () => Array.from({ length: n }, () => Number(random.uniform() < 0.4)));
      const { real, imaginary } = eigenSpectrum(a);
      let power = a;
      let sums = Array.from(real, (x, i) => [x, imaginary[i]!] as const);
      for (let k = 1; k <= n; k++) {
        const trace = power.reduce((sum, row, i) => sum + row[i]!, 0);
        // Multiple eigenvalues are only as exact as a root of rounding; their sums are better.
        expect(Math.abs(sums.reduce((sum, [x]) => sum + x, 0) - trace)).toBeLessThan(1e-9 * Math.max(1, trace));
        power = power.map((row) => row.map((_, j) => row.reduce((sum, x, i) => sum + x * a[i]![j]!, 0)));
        sums = sums.map(([x, y], i) => [x * real[i]! - y * imaginary[i]!, x * imaginary[i]! + y * real[i]!]);
      }
    }
  });
});

describe("the spectrum of a matrix whose spectrum is known", () => {
  it("second differences of 60 points: 2 − 2cos(kπ/61), also after scaling rows against columns by up to 1e12", () => {
    const n = 60;
    const random = new SeededRandom(2);
    const units = Array.from({ length: n }, () => 2 ** random.integer(-20, 20));
    const a = Array.from({ length: n }, (_, i) =>
      Array.from({ length: n }, (_, j) => (i === j ? 2 : Math.abs(i - j) === 1 ? -1 : 0) * (units[i]! / units[j]!)),
    );
    const { real, imaginary } = eigenSpectrum(a);
    const expected = Array.from({ length: n }, (_, k) => 2 - 2 * Math.cos(((k + 1) * Math.PI) / (n + 1))).reverse();
    expected.forEach((value, i) => {
      expect(real[i]).toBeCloseTo(value, 9);
      expect(Math.abs(imaginary[i]!)).toBeLessThan(1e-6);
    });
  });

  it("entries whose sizes are further apart than one scaling of float64 can bring together", () => {
    const { real } = eigenSpectrum([
      [1e-300, 1e300],
      [1e-300, 1e-300],
    ]);
    expect(Array.from(real).toSorted((x, y) => x - y)).toEqual([expect.closeTo(-1, 12), expect.closeTo(1, 12)]);
    const cycle = eigenSpectrum([
      [0, 1e200, 0],
      [0, 0, 1e100],
      [1e-300, 0, 0],
    ]);
    cycle.modulus.forEach((modulus) => {
      expect(modulus).toBeCloseTo(1, 12);
    });
  });

  it("a triangular matrix: its diagonal, whatever the sizes", () => {
    const diagonal = [1e155, 3, -1e-200, 0, 7e-310];
    const a = diagonal.map((x, i) => diagonal.map((_, j) => (i === j ? x : i < j ? 1e150 : 0)));
    expect(Array.from(eigenSpectrum(a).real)).toEqual(diagonal.toSorted((x, y) => Math.abs(y) - Math.abs(x)));
  });

  it("a random matrix of size 90: eigenvalues add up to the trace, squared singular values to the squared entries", () => {
    const n = 90;
    const a = new SeededRandom(6).normals(n * n).map((x) => x / 10);
    const matrix = { data: a, shape: [n, n] as const };
    const trace = a.reduce((sum, x, i) => (i % (n + 1) === 0 ? sum + x : sum), 0);
    const { real, imaginary } = eigenSpectrum(matrix);
    expect(real.reduce((sum, x) => sum + x, 0)).toBeCloseTo(trace, 11);
    expect(imaginary.reduce((sum, x) => sum + x, 0)).toBeCloseTo(0, 11);
    const squares = (values: ArrayLike<number>) => Array.from(values).reduce((sum, x) => sum + x * x, 0);
    const { singularValues } = singularEntropy(matrix);
    expect(squares(singularValues) / squares(a)).toBeCloseTo(1, 12);
    expect(singularValues).toEqual(singularValues.toSorted().reverse());
  });

  it("is the same for A and its transpose, and leaves its input as it was", () => {
    const a = Float64Array.from(new SeededRandom(1).normals(64));
    const transposed = a.map((_, i) => a[(i % 8) * 8 + Math.floor(i / 8)]!);
    const before = a.slice();
    expect(pairs(eigenvaluesOf(a, 8)!)).toEqual(pairs(eigenvaluesOf(transposed, 8)!));
    singularValuesOf(a, 8).forEach((sigma, i) => {
      expect(sigma).toBeCloseTo(singularValuesOf(transposed, 8)[i]!, 12);
    });
    expect(a).toEqual(before);
  });

  it("rank one and zero: what is left is nothing or rounding", () => {
    const values = singularValuesOf(
      Float64Array.from({ length: 36 }, (_, i) => (1 + Math.floor(i / 6)) * (1 + (i % 6))),
      6,
    );
    expect(values[0]).toBeCloseTo(91, 11);
    for (const rest of values.subarray(1)) expect(rest).toBeLessThan(1e-13);
    expect(Array.from(singularValuesOf(new Float64Array(9), 3))).toEqual([0, 0, 0]);
    expect(
      Array.from(
        eigenSpectrum([
          [0, 0],
          [0, 0],
        ]).modulus,
      ),
    ).toEqual([0, 0]);
  });

  it("beyond float64 is an error, not an infinity", () => {
    const ones = Array.from({ length: 4 }, () => [1e308, 1e308, 1e308, 1e308]);
    expect(() => eigenSpectrum(ones)).toThrow(MetricsError);
    expect(() => eigenSpectrum(ones)).toThrow(/float64 can hold/);
    expect(() => singularEntropy(ones)).toThrow(/float64 can hold/);
  });
});

describe("singularEntropy states the mathematics", () => {
  it("is ln k for k equal singular values and 0 for rank one", () => {
    expect(
      singularEntropy([
        [0, -3, 0],
        [3, 0, 0],
        [0, 0, 3],
      ]).entropy,
    ).toBeCloseTo(Math.log(3), 12);
    expect(
      singularEntropy([
        [1, 2],
        [2, 4],
      ]).effectiveDimension,
    ).toBeCloseTo(1, 9);
  });

  it("does not change with scale", () => {
    const a = [
      [1, 2, 0],
      [0, 3, 1],
      [4, 0, 1],
    ];
    expect(singularEntropy(a.map((row) => row.map((x) => 7 * x))).entropy).toBeCloseTo(singularEntropy(a).entropy, 12);
  });

  it("refuses a matrix that is not square, zero, or not finite", () => {
    expect(() => singularEntropy([[1, 2]])).toThrow(MetricsError);
    expect(() =>
      singularEntropy([
        [0, 0],
        [0, 0],
      ]),
    ).toThrow(/zero/);
    expect(() =>
      singularEntropy([
        [Number.NaN, 0],
        [0, 1],
      ]),
    ).toThrow(/finite/);
    expect(() =>
      singularEntropy(
        [
          [1, 0],
          [0, 1],
        ],
        { k: 3 },
      ),
    ).toThrow(/k/);
  });
});

describe("eigenSpectrum", () => {
  it("finds the conjugate pair of a rotation, and shifts with the identity", () => {
    const rotation = [
      [0, -2],
      [2, 0],
    ];
    expect(Array.from(eigenSpectrum(rotation).modulus)).toEqual([2, 2]);
    expect(eigenSpectrum(rotation, { plusIdentity: true }).real[0]).toBeCloseTo(1, 12);
  });
});
