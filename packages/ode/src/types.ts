import type { Rank, Scalar, Tensor, Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";

/**
 * What a solver integrates: a tensor, a number or Float64Array (float64 arithmetic, no tfjs), or arrays and records of one kind of these. A
 * record may be typed by an interface or a class; f receives plain records.
 */
export type State = Tensor | number | Float64Array | readonly State[] | { readonly [key: string]: State };

/** A state without tensors, solved in float64. */
export type Float64State = number | Float64Array | readonly Float64State[] | { readonly [key: string]: Float64State };

/**
 * What a type parameter that stands for a state extends. Not `State` itself: interfaces and classes lack the index signature of its records.
 * What is no state inside, `StateOf` and `Slope` tell.
 */
export type AnyState = number | object;

/** The same for states of numbers: tensors have a rankType. */
export type AnyFloat64State = number | (object & { readonly rankType?: never });

/** Printed by the compiler where a state holds something else: no value has this type. */
export interface StatesHoldTensorsOrNumbersAndFloat64Arrays {
  readonly [explanation]: "tensors only, or numbers and Float64Arrays only, in arrays and records";
}

declare const explanation: unique symbol;

/** What is neither a leaf nor an array or record of leaves. */
type NoState = string | boolean | bigint | symbol | null | undefined | ((...args: never) => unknown);

/** What tells a tensor and its rank: matching all of Tensor's methods would cost the type checker more than it can afford. */
interface TensorLike<R extends Rank> {
  readonly rankType: R;
  readonly dataId: object;
}

/** The state as `f` receives it: literal numbers widened, tuples kept. */
export type StateOf<S> = S extends number
  ? number
  : S extends Float64Array
    ? Float64Array
    : S extends TensorLike<infer R>
      ? Tensor<R>
      : S extends NoState
        ? StatesHoldTensorsOrNumbersAndFloat64Arrays
        : { -readonly [K in keyof S]: StateOf<S[K]> };

/**
 * What `f` returns: dy/dt, nested as y. In place of a Float64Array any array of as many numbers will do. Lengths of arrays and ranks of
 * tensors are checked when it runs: TypeScript widens literal tuples, and tfjs types ranks loosely.
 */
export type Slope<S> = S extends number
  ? number
  : S extends Float64Array
    ? Float64Array | readonly number[]
    : S extends TensorLike<Rank>
      ? Tensor
      : S extends readonly (infer E)[]
        ? readonly Slope<E>[]
        : S extends NoState
          ? StatesHoldTensorsOrNumbersAndFloat64Arrays
          : { readonly [K in keyof S]: Slope<S[K]> };

/** The kinds of leaves in a state. */
type LeafOf<S> = S extends Tensor | number | Float64Array
  ? S
  : S extends readonly (infer E)[]
    ? LeafOf<E>
    : S extends object
      ? LeafOf<S[keyof S]>
      : never;

/** A scalar of a state's own kind: a tensor for tensors, a number for numbers. */
export type ScalarOf<S> = [S] extends [never] ? never : LeafOf<S> extends Tensor ? Scalar : number;

/** A tolerance: one number for the whole state, or nested as it, with one number for a part or one for each number in it. */
export type Tolerance<S> =
  | number
  | (S extends number
      ? number
      : S extends Float64Array
        ? Float64Array | readonly number[]
        : S extends TensorLike<Rank>
          ? Tensor | Float32Array | Float64Array | readonly number[]
          : { readonly [K in keyof S]: Tolerance<S[K]> });

/** rtol and atol of the error test: a step is accepted when the norm of error / (atol + rtol · |y|) is at most 1. */
export interface Tolerances {
  readonly rtol: number;
  readonly atol: number;
}

/** The right-hand side dy/dt = f(t, y, args). Times are numbers; scalar tensors when times were given as tensors, so that gradients reach them. */
export type Dynamics<S, A = undefined, T = number> = (t: T, y: StateOf<S>, args: A) => Slope<S>;

/** Output times as numbers, strictly increasing or strictly decreasing; the first is that of y0. */
export type Times = readonly number[] | Float64Array | Float32Array;

/** Output times as numbers or, for gradients with respect to them, as a tensor [times]. */
export type AnyTimes = Times | Tensor1D;

/** Output times with `perSample`: the same for every row, or [rows][times]. */
export type SampleTimes = AnyTimes | readonly Times[] | Tensor2D;

/** The right-hand side with `perSample`: of some rows, each at a time of its own. t is a tensor [rows, 1, …] that broadcasts with y. */
export type SampleDynamics<S, A = undefined> = (t: Tensor, y: StateOf<S>, args: A) => Slope<S>;

/** What f receives as time. */
export type TimeOf<T> = T extends TensorLike<Rank> ? Scalar : number;

interface NextRank {
  R0: Rank.R1;
  R1: Rank.R2;
  R2: Rank.R3;
  R3: Rank.R4;
  R4: Rank.R5;
  R5: Rank.R6;
  R6: Rank;
}

/** Tensor<R> with one more axis; of unknown rank where R is. */
type Deeper<R extends Rank> = Rank extends R ? Tensor : Tensor<NextRank[R]>;

/**
 * States along a new first axis of length t.length: number → Float64Array, Float64Array → Float64Array[] (one a time),
 * Tensor2D → Tensor3D, and so on, nested as the state.
 */
export type Stacked<S> = S extends number
  ? Float64Array
  : S extends Float64Array
    ? Float64Array[]
    : S extends TensorLike<infer R>
      ? Deeper<R>
      : { -readonly [K in keyof S]: Stacked<S[K]> };
