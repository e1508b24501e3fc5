import { describe, expect, it } from "vitest";
import { eigenSpectrum, fastSubspaceDimension, MetricsError, singularEntropy } from "../src/index.js";
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
