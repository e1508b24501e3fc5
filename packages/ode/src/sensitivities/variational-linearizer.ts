import { type Band, widthOf } from "../linear-algebra/band.js";
import type { LinearizationPoint, Linearizer, LinearSystem } from "../state/linearizer.js";
import type { PackedDynamics } from "../state/state-space.js";
import { fillColumns, type VariationalSource } from "./variational-equations.js";

/** Displacement of y for second derivatives, as a share of its numbers: what they are differences of is itself known to 10 digits. */
const DISPLACEMENT = 1e-4;

/**
 * Systems with the Jacobian of the variational equations, block by block: J on the diagonal for y and every sensitivity, so that one factored
 * matrix of y's size serves them all. How sensitivities depend on y (second derivatives of f) stands left of the diagonal: Newton's iterations
 * find it by themselves (the simultaneous corrector of Maly & Petzold, Appl. Numer. Math. 20 (1996)); methods that take the Jacobian for exact are
 * given it, by differences.
 */
export class VariationalLinearizer implements Linearizer<Float64Array> {
  readonly #source: VariationalSource;
  readonly #inner: Linearizer<Float64Array>;
  readonly #f: PackedDynamics<Float64Array>;
  readonly #floors: Float64Array | undefined;
  /** ∂(s′)/∂y of every sensitivity, its columns one after the other; undefined: not wanted. */
  readonly #coupling: Float64Array | undefined;

  /**
   * @param inner systems with J alone
   * @param f the variational equations
   * @param exact whether the method takes the Jacobian for exact
   */
  constructor(
    source: VariationalSource,
    inner: Linearizer<Float64Array>,
    f: PackedDynamics<Float64Array>,
    floors: Float64Array | undefined,
    exact: boolean,
  ) {
    const { size, columns } = source;
    this.#source = source;
    this.#inner = inner;
    this.#f = f;
    this.#floors = floors;
    this.#coupling = exact ? new Float64Array(size * columns.length * size) : undefined;
  }

  linearize(point: LinearizationPoint<Float64Array>): void {
    const { size } = this.#source;
    const y0 = point.y0.slice(0, size);
    const { rtol, atol } = point.tolerances ?? {};
    const tolerances = rtol === undefined || atol === undefined ? undefined : { rtol, atol };
    this.#inner.linearize({ ...point, y0, f0: point.f0?.subarray(0, size), tolerances });
    if (this.#coupling !== undefined) this.#couple(this.#coupling, point);
  }

  factor(coupling: readonly (readonly number[])[]): LinearSystem<Float64Array> | undefined {
    const inner = this.#inner.factor(coupling);
    if (inner === undefined) return undefined;
    const { size, columns } = this.#source;
    const parts = coupling.map(() => new Float64Array(size));
    return {
      solve: (b) => {
        for (let k = 0; k <= columns.length; k++) {
          const offset = k * size;
          parts.forEach((part, s) => {
            for (let i = 0; i < size; i++) part[i] = b[s]![offset + i]!;
            if (k > 0 && this.#coupling !== undefined) this.#addCoupled(this.#coupling, part, k - 1, coupling[s]!, b);
          });
          inner.solve(parts).forEach((part, s) => {
            for (let i = 0; i < size; i++) b[s]![offset + i] = part[i]!;
          });
        }
        return b;
      },
    };
  }

  /** A sensitivity's right side gains C ∂(s′)/∂y x, x being what was solved for y. */
  #addCoupled(
    values: Float64Array,
    part: Float64Array,
    column: number,
    weights: readonly number[],
    solved: readonly Float64Array[],
  ): void {
    const { size, columns } = this.#source;
    const height = size * columns.length;
    weights.forEach((weight, r) => {
      for (let j = 0; j < size; j++) {
        const x = weight * solved[r]![j]!;
        if (x === 0) continue;
        const start = j * height + column * size;
        for (let i = 0; i < size; i++) part[i]! += x * values[start + i]!;
      }
    });
  }

  #couple(values: Float64Array, { span, y0: all }: LinearizationPoint<Float64Array>): void {
    const { size, columns, band, allocate, recycle } = this.#source;
    const height = size * columns.length;
    const y = all.slice(0, size);
    const [above, below] = [allocate(), allocate()];
    const groups = band === undefined ? size : Math.min(size, widthOf(band));
    const displacement = (j: number) => Math.max(DISPLACEMENT * Math.abs(all[j]!), this.#floors?.[j] ?? DISPLACEMENT);
    values.fill(0);
    for (let group = 0; group < groups; group++) {
      for (const [sign, into] of [
        [1, above],
        [-1, below],
      ] as const) {
        for (let j = group; j < size; j += groups) y[j] = all[j]! + sign * displacement(j);
        fillColumns(this.#source, span.t0, y, all, into);
      }
      for (let j = group; j < size; j += groups) {
        y[j] = all[j]!;
        const inverse = 1 / (all[j]! + displacement(j) - (all[j]! - displacement(j)));
        const [from, to] = rowsOf(j, size, band);
        for (let k = 0; k < columns.length; k++)
          for (let i = from; i < to; i++) {
            const at = size + k * size + i;
            values[j * height + k * size + i] = (above[at]! - below[at]!) * inverse;
          }
      }
    }
    recycle(above);
    recycle(below);
  }

  /** By a one-sided difference of second order, wide enough for derivatives that are differences themselves. */
  timeDerivative({ span, y0, f0: known }: LinearizationPoint<Float64Array>): Float64Array {
    const { recycle } = this.#source;
    const wanted = Math.cbrt(Number.EPSILON) * Math.max(Math.abs(span.t0), Math.abs(span.h));
    const step = Math.sign(span.h) * Math.min(wanted, Math.abs(span.h) / 2);
    const f0 = known ?? this.#f(span.t0, y0);
    const near = this.#f(span.t0 + step, y0);
    const far = this.#f(span.t0 + 2 * step, y0);
    for (let i = 0; i < far.length; i++) far[i] = (4 * near[i]! - 3 * f0[i]! - far[i]!) / (2 * step);
    recycle(near);
    if (f0 !== known) recycle(f0);
    return far;
  }

  countFailure(): void {
    this.#inner.countFailure();
  }
}

/** Which numbers of a slope change with y's number j. */
function rowsOf(j: number, size: number, band: Band | undefined): readonly [from: number, to: number] {
  return band === undefined ? [0, size] : [Math.max(0, j - band.upper), Math.min(size, j + band.lower + 1)];
}
