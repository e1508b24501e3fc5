/**
 * Just enough of the WebAssembly binary format (core specification 2.0, chapter 5) for functions that loop over memory. Instructions are named as in the
 * specification.
 */

/** Bytes one after another, nested as is convenient. */
export type Code = number | readonly Code[];

// Types of values.
export const I32 = 0x7f;
export const F32 = 0x7d;
export const V128 = 0x7b;

export const localGet = (local: number): Code => [0x20, unsigned(local)];
/** Takes the value from `value`, by default from what stands before. */
export const localSet = (local: number, value: Code = []): Code => [value, 0x21, unsigned(local)];

const END = 0x0b;
export const block = (body: Code): Code => [0x02, 0x40, body, END];
export const loop = (body: Code): Code => [0x03, 0x40, body, END];
/** Leaves so many blocks around it, and the next one; of a loop, goes back to its start. */
export const br = (depth: number): Code => [0x0c, depth];
export const brIf = (depth: number): Code => [0x0d, depth];

export const i32Const = (value: number): Code => [0x41, signed(value)];
export const i32Ne: Code = [0x47];
export const i32GeU: Code = [0x4f];
export const i32Add: Code = [0x6a];

// Loads and stores: alignment, as a power of two, then bytes to be added to the address.
const memoryArgument = (offset: number): Code => [2, unsigned(offset)];
export const f32Load = (offset = 0): Code => [0x2a, memoryArgument(offset)];
export const f32Store = (offset = 0): Code => [0x38, memoryArgument(offset)];
export const f32Abs: Code = [0x8b];
export const f32Add: Code = [0x92];
export const f32Mul: Code = [0x94];
export const f32Div: Code = [0x95];
export const f32Max: Code = [0x97];

const VECTOR = 0xfd;
export const v128Load = (offset = 0): Code => [VECTOR, 0x00, memoryArgument(offset)];
/** One float in all four lanes. */
export const v128Load32Splat = (offset = 0): Code => [VECTOR, 0x09, memoryArgument(offset)];
export const v128Store = (offset = 0): Code => [VECTOR, 0x0b, memoryArgument(offset)];
export const v128Zero = (): Code => [VECTOR, 0x0c, new Array<number>(16).fill(0)];
export const f32x4Splat: Code = [VECTOR, 0x13];
export const f32x4ExtractLane = (lane: number): Code => [VECTOR, 0x1f, lane];
export const f32x4Abs: Code = [VECTOR, 0xe0, 0x01];
export const f32x4Add: Code = [VECTOR, 0xe4, 0x01];
export const f32x4Mul: Code = [VECTOR, 0xe6, 0x01];
export const f32x4Div: Code = [VECTOR, 0xe7, 0x01];
export const f32x4Max: Code = [VECTOR, 0xe9, 0x01];
/** a · b + c, rounded once where the processor can: one of the "relaxed" instructions, which not every engine has. */
export const f32x4RelaxedMadd: Code = [VECTOR, 0x85, 0x02];

export interface WasmFunction {
  readonly name: string;
  /** Types; parameters and locals are numbered through, from 0. */
  readonly parameters: readonly number[];
  readonly results?: readonly number[];
  readonly locals: readonly number[];
  readonly body: Code;
}

/** A module that exports these functions and takes its memory where `instantiate` puts it. */
export function moduleOf(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters, results = [] }) => [0x60, withLength(parameters), withLength(results)]);
  const memory = [text("env"), text("memory"), 0x02, 0x00, 0];
  const names = functions.map(({ name }, i) => [text(name), 0x00, i]);
  const bodies = functions.map(({ locals, body }) => withLength([vector(locals.map((type) => [1, type])), body, END]));
  return Uint8Array.from(
    flat([
      [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      section(1, types),
      section(2, [memory]),
      section(3, [...functions.keys()]),
      section(7, names),
      section(10, bodies),
    ]),
  );
}

const section = (id: number, items: readonly Code[]): Code => [id, withLength(vector(items))];
const vector = (items: readonly Code[]): Code => [unsigned(items.length), items];
const text = (ascii: string) => withLength(Array.from(ascii, (letter) => letter.charCodeAt(0)));
const flat = (code: Code): number[] => (typeof code === "number" ? [code] : code.flatMap(flat));

function withLength(code: Code): Code {
  const bytes = flat(code);
  return [unsigned(bytes.length), bytes];
}

/** LEB128: seven bits a byte, the lowest first; the highest bit says that more follow. */
function unsigned(value: number): Code {
  return value < 128 ? value : [(value & 127) | 128, unsigned(value >>> 7)];
}

/** LEB128 whose last byte carries the sign. */
function signed(value: number): Code {
  return value >= -64 && value < 64 ? value & 127 : [(value & 127) | 128, signed(value >> 7)];
}
