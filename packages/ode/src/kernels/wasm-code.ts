/** Just enough of the WebAssembly binary format (core specification 2.0, chapter 5) for two small loops. */

export const TYPE = { i32: 0x7f, f32: 0x7d, v128: 0x7b } as const;

const VECTOR = 0xfd;
/** Loads and stores take alignment (as a power of two) and offset. */
export const OP = {
  blockVoid: [0x02, 0x40],
  loopVoid: [0x03, 0x40],
  end: [0x0b],
  i32Add: [0x6a],
  i32GeU: [0x4f],
  f32Load: [0x2a, 2, 0],
  f32Store: [0x38, 2, 0],
  f32Abs: [0x8b],
  f32Add: [0x92],
  f32Mul: [0x94],
  f32Div: [0x95],
  f32Max: [0x97],
  v128Load: [VECTOR, 0x00, 2, 0],
  v128Store: [VECTOR, 0x0b, 2, 0],
  f32x4Splat: [VECTOR, 0x13],
  f32x4Abs: [VECTOR, 0xe0, 0x01],
  f32x4Add: [VECTOR, 0xe4, 0x01],
  f32x4Mul: [VECTOR, 0xe6, 0x01],
  f32x4Div: [VECTOR, 0xe7, 0x01],
  f32x4Max: [VECTOR, 0xe9, 0x01],
} as const;

export const get = (local: number) => [0x20, ...unsigned(local)];
export const set = (local: number) => [0x21, ...unsigned(local)];
export const i32 = (value: number) => [0x41, ...signed(value)];
export const branch = (depth: number) => [0x0c, depth];
export const branchIf = (depth: number) => [0x0d, depth];
export const extractLane = (lane: number) => [VECTOR, 0x1f, lane];

/** A module of one exported function `run` that works on an imported memory `m.memory`. */
export function moduleOf(
  parameters: readonly number[],
  results: readonly number[],
  locals: readonly number[],
  body: readonly number[],
) {
  const code = [...vector(locals.map((type) => [1, type])), ...body, ...OP.end];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [[0x60, ...vector(parameters.map((type) => [type])), ...vector(results.map((type) => [type]))]]),
    ...section(2, [[...name("m"), ...name("memory"), 0x02, 0x00, 0]]),
    ...section(3, [[0]]),
    ...section(7, [[...name("run"), 0x00, 0]]),
    ...section(10, [[...unsigned(code.length), ...code]]),
  ]);
}

function section(id: number, items: readonly (readonly number[])[]): number[] {
  const content = vector(items);
  return [id, ...unsigned(content.length), ...content];
}

const vector = (items: readonly (readonly number[])[]) => [...unsigned(items.length), ...items.flat()];

const name = (text: string) => [...unsigned(text.length), ...new TextEncoder().encode(text)];

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  const low = value & 0x7f;
  const rest = value >> 7;
  const done = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
  return done ? [low] : [low | 0x80, ...signed(rest)];
}
