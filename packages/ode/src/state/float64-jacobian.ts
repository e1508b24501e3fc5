import { describeValue } from "@latentflow/core";
import { OdeError } from "../errors.js";
import { type Band, widthOf } from "../linear-algebra/band.js";
import type { Statistics } from "../status.js";
import type { JacobianOptions } from "./given-jacobian.js";
import type { LinearizationPoint } from "./linearizer.js";
import type { PackedDynamics } from "./state-space.js";

/** What an implicit method is given to make Jacobians of, with what the user says about them as it came. */
export interface JacobianRequest extends Omit<JacobianSource, "given" | "band"> {
  readonly asked: JacobianOptions & { readonly args?: unknown };
  readonly present: (state: Float64Array) => unknown;
}

/** What a Jacobian is made of. */
export interface JacobianSource {
  readonly caller: string;
  /** Numbers in a state. */
  readonly size: number;
  /** f, counted by `statistics.nfeJacobian`. */
  readonly f: PackedDynamics<Float64Array>;
  readonly recycle: (state: Float64Array) => void;
  readonly statistics: Statistics;
  /** ∂f/∂y of the user's own, rows or flat, as it comes; undefined: by differences of f. */
  readonly given: ((t: number, y: Float64Array) => unknown) | undefined;
  readonly band: Band | undefined;
}

const ROOT = 1.4901161193847656e-8; // √ε
/** Displacements are at least this many times what f's rounding costs (as CVODE's are). */
const ABOVE_ROUNDING = 1000;

/** J = ∂f/∂y in float64, as the user gives it or by differences: dense row by row, or the band's rows. */
export class Float64Jacobian {
  readonly values: Float64Array;
  readonly #source: JacobianSource;
  readonly #displaced: Float64Array;
  readonly #increments: Float64Array;

  constructor(source: JacobianSource) {
    const { caller, size, band } = source;
    if (band !== undefined) checkFits(caller, band, size);
    this.#source = source;
    this.values = new Float64Array(size * (band === undefined ? size : widthOf(band)));
    this.#displaced = new Float64Array(size);
    this.#increments = new Float64Array(size);
  }

  evaluate(point: LinearizationPoint<Float64Array>): void {
    const { statistics, given } = this.#source;
    statistics.jacobians = (statistics.jacobians ?? 0) + 1;
    if (given !== undefined) this.#take(flatMatrix(this.#source.caller, given(point.span.t0, point.y0)));
    else this.#differences(point);
  }

  /** Copies the user's matrix, of a band its rows. */
  #take(matrix: ArrayLike<number>): void {
    const { caller, size, band } = this.#source;
    const width = band === undefined ? size : widthOf(band);
    if (matrix.length !== this.values.length) {
      const rows = band === undefined ? `${size} rows of ${size} numbers` : `${size} rows of the band's ${width} numbers`;
      throw new OdeError(`${caller}: expected jacobian to return ${rows} one after the other, got ${matrix.length} numbers.`);
    }
    for (let i = 0; i < matrix.length; i++) this.values[i] = matrix[i]!;
  }

  /** Forward differences; columns of a band that share no row are displaced together (Curtis, Powell & Reid 1974). */
  #differences(point: LinearizationPoint<Float64Array>): void {
    const { size, band, f, recycle } = this.#source;
    const { t0 } = point.span;
    const { y0 } = point;
    const f0 = point.f0 ?? f(t0, y0);
    const increments = this.#chooseIncrements(point, f0);
    const displaced = this.#displaced;
    displaced.set(y0);
    const lower = band?.lower ?? size;
    const upper = band?.upper ?? size;
    const groups = band === undefined ? size : Math.min(size, widthOf(band));
    const width = band === undefined ? size : widthOf(band);
    for (let group = 0; group < groups; group++) {
      for (let j = group; j < size; j += groups) displaced[j] = y0[j]! + increments[j]!;
      const slope = f(t0, displaced);
      for (let j = group; j < size; j += groups) {
        displaced[j] = y0[j]!;
        const inverse = 1 / increments[j]!;
        const end = Math.min(size - 1, j + lower);
        for (let i = Math.max(0, j - upper); i <= end; i++) {
          const place = band === undefined ? i * width + j : i * width + j - i + lower;
          this.values[place] = (slope[i]! - f0[i]!) * inverse;
        }
      }
      recycle(slope);
    }
    if (f0 !== point.f0) recycle(f0);
  }

  /**
   * √ε of each number, or of what the tolerances and f's size say where it is near 0 (Hindmarsh et al., SUNDIALS, ACM TOMS 31 (2005),
   * CVODE's difference quotients); exactly representable beside the number.
   */
  #chooseIncrements({ span, y0, tolerances }: LinearizationPoint<Float64Array>, f0: Float64Array): Float64Array {
    const { size } = this.#source;
    const rtol = tolerances?.rtol ?? 1;
    // Where nothing says what is small, it is what is small beside the largest number.
    const atol = tolerances === undefined ? largest(y0) || 1 : tolerances.atol || Number.MIN_VALUE / Number.EPSILON;
    let squares = 0;
    for (let i = 0; i < size; i++) squares += (f0[i]! / (rtol * Math.abs(y0[i]!) + atol)) ** 2;
    const enough = ABOVE_ROUNDING * Number.EPSILON * Math.abs(span.h) * Math.sqrt(size * squares) || 1;
    const least = tolerances === undefined ? ROOT : Math.min(enough, 1 / ROOT);
    const increments = this.#increments;
    for (let i = 0; i < size; i++) {
      const value = y0[i]!;
      const wanted = Math.max(ROOT * Math.abs(value), least * (rtol * Math.abs(value) + atol));
      // Towards the side that the state moves to, where f is surely defined.
      const signed = f0[i]! < 0 || (f0[i] === 0 && value < 0) ? -wanted : wanted;
      const exact = value + signed - value;
      increments[i] = exact === 0 ? ROOT * Math.max(Math.abs(value), ROOT) : exact;
    }
    return increments;
  }
}

function largest(values: Float64Array): number {
  let result = 0;
  for (let i = 0; i < values.length; i++) result = Math.max(result, Math.abs(values[i]!));
  return result;
}

/** A wider band would be no band, and its rows could be taken for those of a whole matrix. */
export function checkFits(caller: string, band: Band, size: number): Band {
  if (band.lower < size && band.upper < size) return band;
  throw new OdeError(
    `${caller}: expected jacobianBand below ${size}, how many numbers y0 holds, got [${band.lower}, ${band.upper}]; leave it out.`,
  );
}

/** The user's matrix as numbers one after the other: a flat array stays, rows are joined. */
export function flatMatrix(caller: string, matrix: unknown, name = "jacobian"): ArrayLike<number> {
  if (ArrayBuffer.isView(matrix)) return matrix as unknown as ArrayLike<number>;
  if (Array.isArray(matrix)) return typeof matrix[0] === "number" ? matrix : matrix.flatMap((row) => Array.from(row as number[]));
  throw new OdeError(`${caller}: expected ${name} to return rows of numbers, got ${describeValue(matrix)}.`);
}
