/**
 * Floats of 8 or 16 bits and float32. `source` and `target` may lie in the same memory as long as no element is written over one still to be read.
 */
export interface NarrowFloats<Bits extends Uint8Array | Uint16Array = Uint8Array | Uint16Array> {
  /** The array of their bits. */
  readonly Bits: { new (length: number): Bits; new (buffer: ArrayBuffer, byteOffset: number, length: number): Bits };
  /** Bits → their exact values. */
  widen(source: Bits, target: Float32Array): void;
  /** Values → bits of the nearest floats, ties to even; beyond the largest: infinity, or the largest where the type has none. */
  narrow(source: Float32Array, target: Bits): void;
}

/** Bits of a float32's infinity; larger ones, the sign apart, are not numbers. */
const INFINITE = 0x7f800000;

/** IEEE binary16: 5 bits of exponent, 10 of fraction. */
export const float16: NarrowFloats<Uint16Array> = {
  Bits: Uint16Array,
  widen(source, target) {
    const values = float16Values();
    for (let i = 0; i < source.length; i++) target[i] = values[source[i]!]!;
  },
  narrow(source, target) {
    const bits = new Uint32Array(source.buffer, source.byteOffset, source.length);
    for (let i = 0; i < source.length; i++) target[i] = roundToFloat16(bits[i]!);
  },
};

/** The upper half of a float32. */
export const bfloat16: NarrowFloats<Uint16Array> = {
  Bits: Uint16Array,
  widen(source, target) {
    const bits = new Uint32Array(target.buffer, target.byteOffset, target.length);
    for (let i = 0; i < source.length; i++) bits[i] = source[i]! << 16;
  },
  narrow(source, target) {
    const bits = new Uint32Array(source.buffer, source.byteOffset, source.length);
    for (let i = 0; i < source.length; i++) {
      const x = bits[i]!;
      const notANumber = (x & 0x7fffffff) > INFINITE;
      target[i] = notANumber ? 0x7fc0 : (x + 0x7fff + ((x >>> 16) & 1)) >>> 16;
    }
  },
};

let table: Float32Array | undefined;

/** The value of every binary16, by its bits; made when the first one is met. */
function float16Values(): Float32Array {
  if (table) return table;
  table = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 0) table[bits] = sign * fraction * 2 ** -24;
    else if (exponent === 31) table[bits] = fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    else table[bits] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return table;
}

/** Bits of float32s at which binary16 changes its ways. */
const SMALLEST_NORMAL = 0x38800000; // 2^-14
const OVERFLOW = 0x477ff000; // 65520, half way to what would be the next number

const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

/** Bits of a float32 → bits of the nearest binary16. */
function roundToFloat16(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fffffff;
  if (size > INFINITE) return 0x7e00;
  if (size >= OVERFLOW) return sign | 0x7c00;
  if (size >= SMALLEST_NORMAL) {
    // Rebias the exponent by 112 and drop 13 bits; a carry out of the fraction flows into the exponent, which is right.
    return sign | ((size - (112 << 23) + 0xfff + ((size >>> 13) & 1)) >>> 13);
  }
  // Float32s around one half are as far apart as binary16's subnormals: the addition rounds.
  scratchBits[0] = size;
  scratch[0]! += 0.5;
  return sign | (scratchBits[0]! - 0x3f000000);
}
