import { type Band, widthOf } from "../linear-algebra/band.js";
import { BandedLu } from "../linear-algebra/banded-lu.js";
import { ComplexDenseLu } from "../linear-algebra/complex-dense-lu.js";
import { DenseLu } from "../linear-algebra/dense-lu.js";
import type { LinearFactors } from "../linear-algebra/factors.js";
import { Float64Jacobian, type JacobianRequest, type JacobianSource } from "./float64-jacobian.js";
import { readJacobian } from "./given-jacobian.js";
import type { Coupling, LinearizationPoint, Linearizer, LinearSystem } from "./linearizer.js";

/** Systems with f's Jacobian in float64: dense or banded, and complex ones for the coupling that stands for a complex number. */
class Float64Linearizer implements Linearizer<Float64Array> {
  readonly #source: JacobianSource;
  readonly #jacobian: Float64Jacobian;
  /** Matrices for so many right sides, made when they are first needed. */
  readonly #matrices = new Map<string, LinearFactors | ComplexDenseLu>();

  constructor(source: JacobianSource) {
    this.#source = source;
    this.#jacobian = new Float64Jacobian(source);
  }

  linearize(point: LinearizationPoint<Float64Array>): void {
    this.#jacobian.evaluate(point);
  }

  factor(coupling: Coupling): LinearSystem<Float64Array> | undefined {
    const { statistics } = this.#source;
    statistics.factorizations = (statistics.factorizations ?? 0) + 1;
    if (coupling.length === 1) return this.#factorOne(coupling[0]![0]!);
    return isComplex(coupling) && this.#source.band === undefined ? this.#factorComplex(coupling) : this.#factorCoupled(coupling);
  }

  timeDerivative({ span, y0, f0: known }: LinearizationPoint<Float64Array>): Float64Array {
    const { f } = this.#source;
    const f0 = known ?? f(span.t0, y0);
    // Inside the step, and far enough for a difference.
    const wanted = Math.sqrt(Number.EPSILON) * Math.max(Math.abs(span.t0), Math.abs(span.h));
    const t = span.t0 + Math.sign(span.h) * Math.min(wanted, Math.abs(span.h));
    const slope = f(t, y0);
    const inverse = 1 / (t - span.t0);
    for (let i = 0; i < slope.length; i++) slope[i] = (slope[i]! - f0[i]!) * inverse;
    return slope;
  }

  countFailure(): void {
    const { statistics } = this.#source;
    statistics.newtonFailures = (statistics.newtonFailures ?? 0) + 1;
  }

  /** I − c J. */
  #factorOne(c: number): LinearSystem<Float64Array> | undefined {
    const { size, band } = this.#source;
    const jacobian = this.#jacobian.values;
    const lu = this.#matrix(band === undefined ? "dense" : "banded", () =>
      band === undefined ? new DenseLu(size) : new BandedLu(size, band.lower, band.upper),
    );
    const { values } = lu as DenseLu | BandedLu;
    for (let i = 0; i < jacobian.length; i++) values[i] = -c * jacobian[i]!;
    const [stride, first] = band === undefined ? [size + 1, 0] : [widthOf(band), band.lower];
    for (let i = 0; i < size; i++) values[first + i * stride]! += 1;
    if (!(lu as LinearFactors).factor()) return undefined;
    return {
      solve(b) {
        (lu as LinearFactors).solve(b[0]!);
        return b;
      },
    };
  }

  /** [[a, −b], [b, a]] couples the real and the imaginary part of I − (a + ib) J. */
  #factorComplex(coupling: Coupling): LinearSystem<Float64Array> | undefined {
    const { size } = this.#source;
    const jacobian = this.#jacobian.values;
    const lu = this.#matrix("complex", () => new ComplexDenseLu(size)) as ComplexDenseLu;
    const [a, b] = [coupling[0]![0]!, coupling[1]![0]!];
    for (let i = 0; i < jacobian.length; i++) {
      lu.real[i] = -a * jacobian[i]!;
      lu.imaginary[i] = -b * jacobian[i]!;
    }
    for (let i = 0; i < size; i++) lu.real[i * (size + 1)]! += 1;
    if (!lu.factor()) return undefined;
    return {
      solve(b) {
        lu.solve(b[0]!, b[1]!);
        return b;
      },
    };
  }

  /** All right sides at once: unknowns of one place side by side, so that a band stays a band. */
  #factorCoupled(coupling: Coupling): LinearSystem<Float64Array> | undefined {
    const { size, band } = this.#source;
    const count = coupling.length;
    const wide = band && coupledBand(band, count);
    const lu = this.#matrix(`coupled ${count}`, () =>
      wide === undefined ? new DenseLu(size * count) : new BandedLu(size * count, wide.lower, wide.upper),
    ) as DenseLu | BandedLu;
    this.#fillCoupled(lu.values, coupling, wide);
    if (!lu.factor()) return undefined;
    const all = new Float64Array(size * count);
    return {
      solve(b) {
        b.forEach((one, s) => {
          for (let i = 0; i < size; i++) all[i * count + s] = one[i]!;
        });
        lu.solve(all);
        b.forEach((one, s) => {
          for (let i = 0; i < size; i++) one[i] = all[i * count + s]!;
        });
        return b;
      },
    };
  }

  #fillCoupled(values: Float64Array, coupling: Coupling, wide: Band | undefined): void {
    const { size, band } = this.#source;
    const count = coupling.length;
    const jacobian = this.#jacobian.values;
    const width = band === undefined ? size : widthOf(band);
    const place = (row: number, column: number): number =>
      wide === undefined ? row * size * count + column : row * widthOf(wide) + column - row + wide.lower;
    values.fill(0);
    for (let i = 0; i < size; i++) {
      const [from, to] = band === undefined ? [0, size] : [Math.max(0, i - band.lower), Math.min(size, i + band.upper + 1)];
      for (let j = from; j < to; j++) {
        const entry = jacobian[band === undefined ? i * width + j : i * width + j - i + band.lower]!;
        for (let s = 0; s < count; s++)
          for (let r = 0; r < count; r++) values[place(i * count + s, j * count + r)] = -coupling[s]![r]! * entry;
      }
      for (let s = 0; s < count; s++) values[place(i * count + s, i * count + s)]! += 1;
    }
  }

  #matrix(name: string, make: () => LinearFactors | ComplexDenseLu): LinearFactors | ComplexDenseLu {
    const known = this.#matrices.get(name);
    if (known !== undefined) return known;
    const made = make();
    this.#matrices.set(name, made);
    return made;
  }
}

/** What implicit methods solve their equations with in float64: they bring it along, so that programs without them stay small. */
export function float64Systems(source: JacobianSource | JacobianRequest): Linearizer<Float64Array> {
  if (!("asked" in source)) return new Float64Linearizer(source);
  const { caller, asked, present } = source;
  const { given, band } = readJacobian(caller, asked);
  return new Float64Linearizer({ ...source, band, given: given && ((t, y) => given(t, present(y), asked.args)) });
}

function isComplex(coupling: Coupling): boolean {
  const [[a, b] = [], [c, d] = []] = coupling;
  return coupling.length === 2 && a === d && b === -c!;
}

/** The band of J ⊗ C, unknowns of one place side by side. */
function coupledBand({ lower, upper }: Band, count: number): Band {
  return { lower: lower * count + count - 1, upper: upper * count + count - 1 };
}
