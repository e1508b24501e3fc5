import { SeededRandom } from "@latentflow/core";
import { describe, expect, it } from "vitest";
import { widthOf } from "../src/linear-algebra/band.js";
import { BandedLu } from "../src/linear-algebra/banded-lu.js";
import { ComplexDenseLu } from "../src/linear-algebra/complex-dense-lu.js";
import { DenseLu } from "../src/linear-algebra/dense-lu.js";

const numbers = (count: number, seed: number) => {
  const random = new SeededRandom(seed);
  return Float64Array.from({ length: count }, () => random.normal());
};
const worst = (values: ArrayLike<number>) => Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);

describe("LU with partial pivoting", () => {
  it.each([1, 2, 3, 7, 40])("dense, %i unknowns: M x = b", (size) => {
    const lu = new DenseLu(size);
    const [matrix, b] = [numbers(size * size, 1), numbers(size, 2)];
    // Without pivoting, the elimination would stop at once.
    if (size > 1) matrix[0] = 0;
    lu.values.set(matrix);
    expect(lu.factor()).toBe(true);
    const x = b.slice();
    lu.solve(x);
    expect(worst(b.map((value, i) => value - x.reduce((sum, one, j) => sum + matrix[i * size + j]! * one, 0)))).toBeLessThan(
      1e-11,
    );
  });

  it.each([1, 2, 5, 30])("complex, %i unknowns: M x = b", (size) => {
    const lu = new ComplexDenseLu(size);
    const [real, imaginary, b, c] = [numbers(size * size, 3), numbers(size * size, 4), numbers(size, 5), numbers(size, 6)];
    if (size > 1) real[0] = imaginary[0] = 0;
    lu.real.set(real);
    lu.imaginary.set(imaginary);
    expect(lu.factor()).toBe(true);
    const [x, y] = [b.slice(), c.slice()];
    lu.solve(x, y);
    const left = b.map((value, i) =>
      x.reduce((sum, one, j) => sum - real[i * size + j]! * one + imaginary[i * size + j]! * y[j]!, value),
    );
    const right = c.map((value, i) =>
      x.reduce((sum, one, j) => sum - imaginary[i * size + j]! * one - real[i * size + j]! * y[j]!, value),
    );
    expect(Math.max(worst(left), worst(right))).toBeLessThan(1e-11);
  });

  it.each([
    [1, 0, 0],
    [8, 1, 1],
    [9, 2, 0],
    [9, 0, 3],
    [20, 3, 2],
    [5, 4, 4],
  ])("banded, %i unknowns, %i below and %i above the diagonal: as dense", (size, lower, upper) => {
    const [banded, dense] = [new BandedLu(size, lower, upper), new DenseLu(size)];
    const random = numbers(size * widthOf({ lower, upper }), 7);
    for (let i = 0; i < size; i++)
      for (let j = Math.max(0, i - lower); j <= Math.min(size - 1, i + upper); j++) {
        // A small diagonal makes rows change places.
        const value = random[i * banded.width + j - i + lower]! * (i === j ? 0.01 : 1);
        banded.values[i * banded.width + j - i + lower] = value;
        dense.values[i * size + j] = value;
      }
    expect([banded.factor(), dense.factor()]).toEqual([true, true]);
    const b = numbers(size, 8);
    const [x, y] = [b.slice(), b.slice()];
    banded.solve(x);
    dense.solve(y);
    expect(worst(x.map((value, i) => value - y[i]!)) / worst(y)).toBeLessThan(1e-10);
  });

  it("says that a matrix is singular, or holds what is no number", () => {
    for (const value of [0, Number.NaN, Number.POSITIVE_INFINITY]) {
      const [dense, banded, complex] = [new DenseLu(2), new BandedLu(2, 1, 1), new ComplexDenseLu(2)];
      for (const values of [dense.values, banded.values, complex.real]) values.fill(value);
      expect([dense.factor(), banded.factor(), complex.factor()]).toEqual([false, false, false]);
    }
  });
});
