import {
  block,
  br,
  brIf,
  type Code,
  F32,
  f32Abs,
  f32Add,
  f32Div,
  f32Load,
  f32Max,
  f32Mul,
  f32Store,
  f32x4Abs,
  f32x4Add,
  f32x4Div,
  f32x4ExtractLane,
  f32x4Max,
  f32x4Mul,
  f32x4Splat,
  localGet as get,
  I32,
  i32Add,
  i32Const,
  i32GeU,
  instantiate,
  loop,
  moduleOf,
  localSet as set,
  V128,
  v128Load,
  v128Store,
} from "@latentflow/backend/wasm";
import type { Loops } from "./loops.js";

type Run = (...values: number[]) => number;

/**
 * Our two loops as WebAssembly SIMD on the memory of tfjs's wasm backend; places are addresses in bytes. Compiled for each number of terms when first
 * needed; undefined without SIMD.
 */
export function simdLoops(memory: WebAssembly.Memory): Loops<number> | undefined {
  const compiled = (codeOf: (terms: number) => Uint8Array<ArrayBuffer>) => {
    const runs: (Run | undefined)[] = [];
    return (terms: number) => (runs[terms] ??= instantiate<{ run: Run }>(codeOf(terms), memory)?.run);
  };
  const [sum, squares] = [compiled(sumCode), compiled(squaresCode)];
  if (sum(1) === undefined) return undefined;
  /** Where the first array begins, where its whole vectors end, and where it ends. */
  const range = (first: number, size: number) => [first, first + 16 * (size >> 2), first + 4 * size];
  return {
    weightedSum: (out, weights, terms, size) => void sum(terms.length)!(...range(out, size), ...terms, ...weights),
    sumOfScaledSquares: (weights, terms, a, b, atol, rtol, size) =>
      squares(terms.length)!(...range(a, size), ...terms, b, ...weights, atol, rtol),
  };
}

/** The same instructions for one float at a time, and for four; first how many bytes these have. */
const one = () => [4, f32Load(), f32Store(), f32Abs, f32Add, f32Mul, f32Div, f32Max] as const;
const four = () => [16, v128Load(), v128Store(), f32x4Abs, f32x4Add, f32x4Mul, f32x4Div, f32x4Max] as const;
type Lanes = ReturnType<typeof one | typeof four>;

/** Numbers parameters, then locals, as they are declared. */
class Locals {
  private readonly types: number[] = [];

  declare(count: number, type: number): number[] {
    return Array.from({ length: count }, () => this.types.push(type) - 1);
  }

  /** The module of a function whose first parameter has the number 0, and whose first local `firstLocal`. */
  module(firstLocal: number, results: readonly number[], body: Code): Uint8Array<ArrayBuffer> {
    const { types } = this;
    return moduleOf([{ name: "run", parameters: types.slice(0, firstLocal), results, locals: types.slice(firstLocal), body }]);
  }
}

function sumCode(count: number): Uint8Array<ArrayBuffer> {
  const locals = new Locals();
  const [out, vectorEnd, end] = locals.declare(3, I32) as [number, number, number];
  const terms = locals.declare(count, I32);
  const weights = locals.declare(count, F32);
  const wide = locals.declare(count, V128);
  const loopTo = (end: number, lanes: Lanes, weights: readonly number[]) =>
    loopUntil([out, ...terms], end, lanes, [get(out), dot(lanes, weights, terms), lanes[2]]);
  return locals.module(wide[0]!, [], [splat(weights, wide), loopTo(vectorEnd, four(), wide), loopTo(end, one(), weights)]);
}

function squaresCode(count: number): Uint8Array<ArrayBuffer> {
  const locals = new Locals();
  const [a, vectorEnd, end] = locals.declare(3, I32) as [number, number, number];
  const terms = locals.declare(count, I32);
  const [b] = locals.declare(1, I32) as [number];
  // Weights, atol and rtol.
  const scalars = locals.declare(count + 2, F32);
  const wide = locals.declare(count + 2, V128);
  const [total, ratio] = locals.declare(2, F32) as [number, number];
  const [wideTotal, wideRatio] = locals.declare(2, V128) as [number, number];
  const loopTo = (end: number, lanes: Lanes, scalars: readonly number[], total: number, ratio: number) => {
    const [, load, , abs, add, mul, div, max] = lanes;
    const largest = [get(a), load, abs, get(b), load, abs, max];
    const scale = [get(scalars[count]!), get(scalars[count + 1]!), largest, mul, add];
    return loopUntil([a, b, ...terms], end, lanes, [
      set(ratio, [dot(lanes, scalars, terms), scale, div]),
      set(total, [get(total), get(ratio), get(ratio), mul, add]),
    ]);
  };
  return locals.module(
    wide[0]!,
    [F32],
    [
      splat(scalars, wide),
      loopTo(vectorEnd, four(), wide, wideTotal, wideRatio),
      [0, 1, 2, 3].map((lane) => set(total, [get(wideTotal), f32x4ExtractLane(lane), get(total), f32Add])),
      loopTo(end, one(), scalars, total, ratio),
      get(total),
    ],
  );
}

/** Each float to all lanes of a vector. */
const splat = (scalars: readonly number[], wide: readonly number[]) =>
  scalars.map((scalar, i) => set(wide[i]!, [get(scalar), f32x4Splat]));

/** Runs the body and moves the pointers on, while the first of them is below `end`. */
const loopUntil = (pointers: readonly number[], end: number, [bytes]: Lanes, body: Code) => {
  const move = pointers.map((pointer) => set(pointer, [get(pointer), i32Const(bytes), i32Add]));
  return block(loop([get(pointers[0]!), get(end), i32GeU, brIf(1), body, move, br(0)]));
};

/** Σ weights · terms at the pointers, on the stack. */
const dot = ([, load, , , add, mul]: Lanes, weights: readonly number[], terms: readonly number[]) =>
  terms.map((term, i) => [get(term), load, get(weights[i]!), mul, i === 0 ? [] : add]);
