import { branch, branchIf, extractLane, get, i32, moduleOf, OP, set, TYPE } from "./wasm-code.js";

/** Our two loops as WebAssembly SIMD on the memory of tfjs's wasm backend. All pointers are byte offsets. */
export interface SimdKernels {
  /** out = Σ weights[i] · terms[i] over `size` floats. */
  weightedSum(out: number, size: number, weights: readonly number[], terms: readonly number[]): void;
  /** Σ (Σ weights[i] · terms[i] / (atol + rtol · max(|a|, |b|)))² over `size` floats. */
  sumOfScaledSquares(
    size: number,
    weights: readonly number[],
    terms: readonly number[],
    a: number,
    b: number,
    atol: number,
    rtol: number,
  ): number;
}

type Run = (...values: number[]) => number;

/** Compiles loops for a memory, one for each number of terms, when they are first needed; undefined where that memory can't be imported. */
export function simdKernels(memory: WebAssembly.Memory): SimdKernels | undefined {
  const compiled = new Map<string, Run>();
  const compile = (kind: "sum" | "squares", terms: number): Run => {
    const key = `${kind}${terms}`;
    const known = compiled.get(key);
    if (known !== undefined) return known;
    const code = kind === "sum" ? sumCode(terms) : squaresCode(terms);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code), { m: { memory } });
    const run = exports.run as Run;
    compiled.set(key, run);
    return run;
  };
  try {
    // Fails here, once, without SIMD or with a shared memory.
    compile("sum", 1);
  } catch {
    return undefined;
  }
  return {
    weightedSum(out, size, weights, terms) {
      compile("sum", terms.length)(out, out + 16 * (size >> 2), out + 4 * size, ...terms, ...weights);
    },
    sumOfScaledSquares(size, weights, terms, a, b, atol, rtol) {
      return compile("squares", terms.length)(a, a + 16 * (size >> 2), a + 4 * size, ...terms, b, ...weights, atol, rtol);
    },
  };
}

/** Numbers locals as they are declared. */
class Locals {
  readonly types: number[] = [];
  declare(type: number): number {
    this.types.push(type);
    return this.types.length - 1;
  }
  many(count: number, type: number): number[] {
    return Array.from({ length: count }, () => this.declare(type));
  }
}

/** Advances each pointer by so many bytes. */
const advance = (pointers: readonly number[], bytes: number) =>
  pointers.flatMap((p) => [...get(p), ...i32(bytes), ...OP.i32Add, ...set(p)]);

/** `while (cursor < end) body`. */
const loopUntil = (cursor: number, end: number, body: readonly number[]) => [
  ...OP.blockVoid,
  ...OP.loopVoid,
  ...get(cursor),
  ...get(end),
  ...OP.i32GeU,
  ...branchIf(1),
  ...body,
  ...branch(0),
  ...OP.end,
  ...OP.end,
];

/** Σ weights · terms at the pointers, on the stack. */
function dot(weights: readonly number[], terms: readonly number[], lanes: 1 | 4): number[] {
  const [load, multiply, plus] = lanes === 4 ? [OP.v128Load, OP.f32x4Mul, OP.f32x4Add] : [OP.f32Load, OP.f32Mul, OP.f32Add];
  return terms.flatMap((term, i) => [...get(term), ...load, ...get(weights[i]!), ...multiply, ...(i === 0 ? [] : plus)]);
}

function sumCode(count: number): Uint8Array<ArrayBuffer> {
  const locals = new Locals();
  const [out, vectorEnd, end] = locals.many(3, TYPE.i32) as [number, number, number];
  const terms = locals.many(count, TYPE.i32);
  const weights = locals.many(count, TYPE.f32);
  const parameters = [...locals.types];
  const wide = locals.many(count, TYPE.v128);
  const body = [
    ...weights.flatMap((weight, i) => [...get(weight), ...OP.f32x4Splat, ...set(wide[i]!)]),
    ...loopUntil(out, vectorEnd, [...get(out), ...dot(wide, terms, 4), ...OP.v128Store, ...advance([out, ...terms], 16)]),
    ...loopUntil(out, end, [...get(out), ...dot(weights, terms, 1), ...OP.f32Store, ...advance([out, ...terms], 4)]),
  ];
  return moduleOf(parameters, [], locals.types.slice(parameters.length), body);
}

function squaresCode(count: number): Uint8Array<ArrayBuffer> {
  const locals = new Locals();
  const [a, vectorEnd, end] = locals.many(3, TYPE.i32) as [number, number, number];
  const terms = locals.many(count, TYPE.i32);
  const b = locals.declare(TYPE.i32);
  const weights = locals.many(count, TYPE.f32);
  const [atol, rtol] = locals.many(2, TYPE.f32) as [number, number];
  const parameters = [...locals.types];
  const total = locals.declare(TYPE.f32);
  const ratio = locals.declare(TYPE.f32);
  const [wideTotal, wideRatio, wideAtol, wideRtol] = locals.many(4, TYPE.v128) as [number, number, number, number];
  const wide = locals.many(count, TYPE.v128);
  const splat = (from: number, to: number) => [...get(from), ...OP.f32x4Splat, ...set(to)];
  const scaled4 = [
    ...[...dot(wide, terms, 4), ...get(wideAtol), ...get(wideRtol), ...get(a), ...OP.v128Load, ...OP.f32x4Abs],
    ...[...get(b), ...OP.v128Load, ...OP.f32x4Abs, ...OP.f32x4Max, ...OP.f32x4Mul, ...OP.f32x4Add, ...OP.f32x4Div],
  ];
  const scaled1 = [
    ...[...dot(weights, terms, 1), ...get(atol), ...get(rtol), ...get(a), ...OP.f32Load, ...OP.f32Abs],
    ...[...get(b), ...OP.f32Load, ...OP.f32Abs, ...OP.f32Max, ...OP.f32Mul, ...OP.f32Add, ...OP.f32Div],
  ];
  const square = (value: number, sum: number, multiply: readonly number[], plus: readonly number[]) => [
    ...[...set(value), ...get(sum), ...get(value), ...get(value), ...multiply, ...plus, ...set(sum)],
  ];
  const body = [
    ...[...splat(atol, wideAtol), ...splat(rtol, wideRtol), ...weights.flatMap((weight, i) => splat(weight, wide[i]!))],
    ...loopUntil(a, vectorEnd, [
      ...scaled4,
      ...square(wideRatio, wideTotal, OP.f32x4Mul, OP.f32x4Add),
      ...advance([a, b, ...terms], 16),
    ]),
    ...[0, 1, 2, 3].flatMap((lane) => [...get(wideTotal), ...extractLane(lane), ...get(total), ...OP.f32Add, ...set(total)]),
    ...loopUntil(a, end, [...scaled1, ...square(ratio, total, OP.f32Mul, OP.f32Add), ...advance([a, b, ...terms], 4)]),
    ...get(total),
  ];
  return moduleOf(parameters, [TYPE.f32], locals.types.slice(parameters.length), body);
}
