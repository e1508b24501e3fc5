import type { Scalar } from "@tensorflow/tfjs-core";
import type { Tolerances } from "../types.js";
import type { Polynomials } from "./polynomials.js";
import type { Row } from "./row.js";

/** A scalar that a solver must know: already a number, or on the device until a driver reads it back. */
export type Reading = number | Scalar;

/** How large an error is: by tolerances alone, or by a measure of the user's own. */
export interface ErrorTest<V> extends Tolerances {
  /** In place of the norm below: of an error of a step from a to b. A step is accepted when it is at most 1. */
  readonly measure?: ((error: V, a: V, b: V) => Reading) | undefined;
}

/** One step in time; h = t1 − t0. */
export interface StepSpan {
  readonly t0: number;
  readonly t1: number;
  readonly h: number;
}

/** The slopes of one step's stages, kept in the way that suits a space. */
export interface Stages<V> {
  /** Begins a step with f(t0, y0), which stays its giver's. */
  begin(f0: V): void;
  /** Takes the next slope. */
  push(slope: V): void;
  /** `base + h Σ weights · slopes`; `spare` is a state that nobody needs any more, whose memory may serve. */
  combine(base: V, span: StepSpan, row: Row, spare: V | undefined): V;
  /** The space's norm of `h Σ weights · slopes`, for a step from a to b. */
  norm(span: StepSpan, row: Row, a: V, b: V, test: ErrorTest<V>): Reading;
  /** States that a scope must return so that the slopes outlive it. */
  readonly held: readonly V[] | undefined;
  /** The slopes as states. What is added to the list is released with it. */
  slopes(): V[];
  /** The last of them. */
  last(): V;
  /** Recycles the slopes but f(t0, y0) and `kept`. */
  release(kept?: V): void;
}

/** The right-hand side on packed states; the result belongs to the caller. */
export type PackedDynamics<V> = (t: number, y: V) => V;

/**
 * Arithmetic on states: all that the solvers know about tensors and numbers. `V` is a packed state, the leaves of the user's tree.
 * Two implementations: `Float64Space` (one flat Float64Array) and `TensorSpace` (a list of tensors).
 */
export interface StateSpace<V> {
  /** Relative spacing of the numbers in a state. */
  readonly epsilon: number;
  /** Whether `f` sees times rounded to single precision. */
  readonly singlePrecisionTime: boolean;
  /** `base + h Σ weights[i] · slopes[i]`; a base of undefined is 0, a span of undefined means h = 1, and weights of 0 are skipped. */
  combine(base: V | undefined, span: StepSpan | undefined, weights: Float64Array, slopes: readonly V[]): V;
  /**
   * Dense output `base + h Σᵢ pᵢ(x) · slopes[i]` at x = (t − t0)/h, with polynomials `pᵢ(x) = Σⱼ polynomials[i][j] x^(j+1)`. A space whose
   * times are tensors differentiates with respect to t, t0 and h as well.
   */
  interpolate(base: V, span: StepSpan, polynomials: Polynomials, slopes: readonly V[], t: number): V;
  /**
   * Whether an output at this time moves with a tensor of its own, which a node that happens to lie there does not: the state must then be
   * interpolated, for the gradient. Never, where times are only numbers.
   */
  outputMoves?(t: number): boolean;
  /** Where the recording for a gradient stands now, for `rewind`. Spaces that are never recorded have neither. */
  mark?(): number | undefined;
  /** Forgets what was recorded since `mark`: a rejected step leaves no trace. */
  rewind?(mark: number | undefined): void;
  /** Room for the slopes of up to so many stages, used from step to step. */
  stages(count: number): Stages<V>;
  /** Largest member's RMS of `scale · Σ weights[i] · slopes[i] / (atol + rtol · max(|a|, |b|))`, or its measure. Never differentiated. */
  norm(scale: number, weights: Float64Array, slopes: readonly V[], a: V, b: V, test: ErrorTest<V>): Reading;
  /** The scalar as a number; frees it. */
  read(reading: Reading): number;
  /** The same without blocking the device. */
  readAsync(reading: Reading): Promise<number>;
  /** False when the state is known to hold NaN or Infinity. Tensors are not read back for this: they always look finite. */
  looksFinite(state: V): boolean;
  /** A state that its receiver owns. */
  clone(state: V): V;
  /** Whether a state's memory was freed, by its owner or by a tidy around it. */
  isDisposed(state: V): boolean;
  /** Frees a state that its owner drops. */
  dispose(state: V): void;
  /** The same from the stepping loop, which alone knows the state: its memory may serve for the next one. */
  recycle(state: V): void;
  /** Runs a piece of work; whatever it allocated and did not return is freed. What it returned stays until `dispose` or `close`. */
  scope<T>(work: () => T): T;
  /** As `scope`, for work that a gradient shall not go through, however it is recorded: iterations whose end is found by other means. */
  quietly<T>(work: () => T): T;
  /** Frees every state still owned by this space, but those in `kept`. Called once, when a solve ends or throws. */
  close(kept: readonly V[]): void;
  /** The state as the user's tree; shares memory with `state`. */
  present(state: V): unknown;
  /** States along a new first axis, as the user's tree. Leaves `states` alone. */
  stack(states: readonly V[]): unknown;
}
