import { type Band, widthOf } from "../linear-algebra/band.js";
import type { PackedDynamics } from "../state/state-space.js";
import type { Derivatives } from "./derivatives.js";

/** One sensitivity: the derivative of y with respect to one number, times that number's scale, so that y's tolerances suit it. */
export interface Column {
  /** Which parameter f depends on by itself; undefined: none, only the start moves. */
  readonly parameter: number | undefined;
  /** Derivative of y0. */
  readonly start: Float64Array;
  readonly scale: number;
}

/** What y and its sensitivities are solved with. */
export interface VariationalSource {
  /** Numbers in y. */
  readonly size: number;
  readonly columns: readonly Column[];
  /** Of y alone. */
  readonly f: PackedDynamics<Float64Array>;
  readonly derivatives: Derivatives;
  readonly band: Band | undefined;
  /** Memory for y and all sensitivities. */
  readonly allocate: () => Float64Array;
  readonly recycle: (slope: Float64Array) => void;
}

/**
 * The forward variational equations: y′ = f(t, y, p) and, for each sensitivity s, s′ = ∂f/∂y s + ∂f/∂p (Hairer, Nørsett & Wanner, Solving Ordinary
 * Differential Equations I, section I.14), all of them one state: y, then each column.
 */
export function variationalEquations(source: VariationalSource): PackedDynamics<Float64Array> {
  const { size, f, allocate, recycle } = source;
  const y = new Float64Array(size);
  return (t, all) => {
    for (let i = 0; i < size; i++) y[i] = all[i]!;
    const slope = f(t, y);
    const result = allocate();
    for (let i = 0; i < size; i++) result[i] = slope[i]!;
    recycle(slope);
    // f may have written into what it was given.
    for (let i = 0; i < size; i++) y[i] = all[i]!;
    fillColumns(source, t, y, all, result);
    return result;
  };
}

/** The slopes of all sensitivities in `all`, as y has them at t, into `result` behind that of y. */
export function fillColumns(
  { size, columns, derivatives, band }: VariationalSource,
  t: number,
  y: Float64Array,
  all: Float64Array,
  result: Float64Array,
): void {
  derivatives.at(t, y);
  const { byState, byParameters } = derivatives;
  const parameters = byParameters.length / size;
  const width = band === undefined ? size : widthOf(band);
  columns.forEach(({ parameter, scale }, k) => {
    const offset = (k + 1) * size;
    for (let i = 0; i < size; i++) {
      const from = band === undefined ? 0 : Math.max(0, i - band.lower);
      const to = band === undefined ? size : Math.min(size, i + band.upper + 1);
      const row = band === undefined ? i * width : i * width - i + band.lower;
      let sum = parameter === undefined ? 0 : scale * byParameters[i * parameters + parameter]!;
      for (let j = from; j < to; j++) sum += byState[row + j]! * all[offset + j]!;
      result[offset + i] = sum;
    }
  });
}
