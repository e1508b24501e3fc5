import { type Band, widthOf } from "../linear-algebra/band.js";

/** f on packed numbers, with parameters that may be displaced; the result is the caller's until it is recycled. */
export type ParametricDynamics = (t: number, y: Float64Array, parameters: Float64Array) => Float64Array;

/** What derivatives are taken of, and how. */
export interface DerivativeSource {
  /** Numbers in a state. */
  readonly size: number;
  readonly parameters: Float64Array;
  /** Typical sizes of the parameters, by which they are displaced. */
  readonly scales: Float64Array;
  /** Displacements of numbers of the state are no smaller; undefined: than beside the largest. */
  readonly floors: Float64Array | undefined;
  readonly band: Band | undefined;
  readonly f: ParametricDynamics;
  readonly recycle: (state: Float64Array) => void;
  /** ∂f/∂y into an array, dense row by row or the band's rows; undefined: by differences. */
  readonly jacobian: ((t: number, y: Float64Array, into: Float64Array) => void) | undefined;
  /** ∂f/∂p into an array, row by row; undefined: by differences. */
  readonly parameterJacobian: ((t: number, y: Float64Array, into: Float64Array) => void) | undefined;
}

/** Central differences are best with displacements of the cube root of rounding. */
const DISPLACEMENT = 0.0000060554544523933395; // ∛ε, as a literal: a call would stay in programs that never make it

/** ∂f/∂y and ∂f/∂p at a place, as they are given or by central differences; where f is not finite on one side, by those to the other. */
export class Derivatives {
  /** ∂f/∂y, dense row by row or the band's rows. */
  readonly byState: Float64Array;
  /** ∂f/∂p: of number i with respect to parameter j at i · parameters + j. */
  readonly byParameters: Float64Array;
  readonly #source: DerivativeSource;
  readonly #needsParameters: boolean;
  /** Where they were taken last. */
  readonly #y: Float64Array;
  readonly #displaced: Float64Array;
  #t = Number.NaN;

  constructor(source: DerivativeSource, needsParameters: boolean) {
    const { size, parameters, band } = source;
    this.#source = source;
    this.#needsParameters = needsParameters;
    this.byState = new Float64Array(size * (band === undefined ? size : widthOf(band)));
    this.byParameters = new Float64Array(size * parameters.length);
    this.#y = new Float64Array(size);
    this.#displaced = new Float64Array(size);
  }

  /** Takes both there, unless that was asked last. */
  at(t: number, y: Float64Array): void {
    if (t === this.#t && this.#y.every((value, i) => value === y[i])) return;
    this.#t = t;
    this.#y.set(y);
    const { jacobian, parameterJacobian } = this.#source;
    if (jacobian === undefined) this.#differencesByState(t);
    else jacobian(t, y, this.byState);
    if (!this.#needsParameters) return;
    if (parameterJacobian === undefined) this.#differencesByParameters(t, y);
    else parameterJacobian(t, y, this.byParameters);
  }

  /** Columns of a band that share no row are displaced together (Curtis, Powell & Reid 1974). */
  #differencesByState(t: number): void {
    const { size, band, f, floors, parameters, recycle } = this.#source;
    const place = this.#y;
    const y = this.#displaced;
    y.set(place);
    const width = band === undefined ? size : widthOf(band);
    const { lower, upper } = band ?? { lower: size, upper: size };
    const groups = Math.min(size, width);
    const least = floors === undefined ? DISPLACEMENT * (largest(place) || 1) : 0;
    const displacement = (j: number) => Math.max(DISPLACEMENT * Math.abs(place[j]!), floors?.[j] ?? 0, least);
    for (let group = 0; group < groups; group++) {
      for (let j = group; j < size; j += groups) y[j] = place[j]! + displacement(j);
      const above = f(t, y, parameters);
      for (let j = group; j < size; j += groups) y[j] = place[j]! - displacement(j);
      const below = f(t, y, parameters);
      for (let j = group; j < size; j += groups) y[j] = place[j]!;
      const [high, low] = this.#finitePair(above, below, () => f(t, y, parameters));
      for (let j = group; j < size; j += groups) {
        const [top, bottom] = [
          high === above ? place[j]! + displacement(j) : place[j]!,
          low === below ? place[j]! - displacement(j) : place[j]!,
        ];
        const inverse = 1 / (top - bottom);
        const end = Math.min(size - 1, j + lower);
        for (let i = Math.max(0, j - upper); i <= end; i++)
          this.byState[i * width + (band === undefined ? j : j - i + lower)] = (high[i]! - low[i]!) * inverse;
      }
      for (const slope of new Set([above, below, high, low])) recycle(slope);
    }
  }

  #differencesByParameters(t: number, y: Float64Array): void {
    const { size, f, parameters, scales, recycle } = this.#source;
    const displaced = parameters.slice();
    for (let j = 0; j < parameters.length; j++) {
      const value = parameters[j]!;
      const displacement = DISPLACEMENT * scales[j]!;
      displaced[j] = value + displacement;
      const above = f(t, y, displaced);
      displaced[j] = value - displacement;
      const below = f(t, y, displaced);
      displaced[j] = value;
      const [high, low] = this.#finitePair(above, below, () => f(t, y, parameters));
      const inverse = 1 / ((high === above ? value + displacement : value) - (low === below ? value - displacement : value));
      for (let i = 0; i < size; i++) this.byParameters[i * parameters.length + j] = (high[i]! - low[i]!) * inverse;
      for (const slope of new Set([above, below, high, low])) recycle(slope);
    }
  }

  /** The two sides; the middle in place of one where f is not finite. */
  #finitePair(above: Float64Array, below: Float64Array, middle: () => Float64Array): readonly [Float64Array, Float64Array] {
    if (!allFinite(above)) return [middle(), below];
    if (!allFinite(below)) return [above, middle()];
    return [above, below];
  }
}

function allFinite(values: Float64Array): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * 0;
  return sum === 0;
}

function largest(values: Float64Array): number {
  let result = 0;
  for (let i = 0; i < values.length; i++) result = Math.max(result, Math.abs(values[i]!));
  return result;
}
