import type { NarrowFloats } from "./half-floats.js";

/** How an 8-bit float is laid out: a sign, exponents with a bias, bits of fraction. */
interface Layout {
  readonly fractionBits: number;
  readonly bias: number;
  /** Bits of the smallest code (sign apart) that stands for no finite number. */
  readonly firstSpecial: number;
  /** Value of a code from `firstSpecial` on. */
  special(code: number): number;
  /** Code of numbers that round beyond the largest. */
  readonly overflow: number;
}

const NOT_A_NUMBER = 0x7f;
const INFINITE = 0x7f800000;

/** 4 bits of exponent, 3 of fraction, no infinity (OCP 8-bit floating point, E4M3): what is too large becomes the largest, 448, as in PyTorch. */
export const float8E4M3: NarrowFloats = float8({
  fractionBits: 3,
  bias: 7,
  firstSpecial: 0x7f,
  special: () => Number.NaN,
  overflow: 0x7e,
});

/** 5 bits of exponent, 2 of fraction, with infinities (E5M2): the upper half of a float16. */
export const float8E5M2: NarrowFloats = float8({
  fractionBits: 2,
  bias: 15,
  firstSpecial: 0x7c,
  special: (code) => (code === 0x7c ? Number.POSITIVE_INFINITY : Number.NaN),
  overflow: 0x7c,
});

function float8(layout: Layout): NarrowFloats {
  let table: Float32Array | undefined;
  return {
    Bits: Uint8Array,
    widen(source, target) {
      table ??= Float32Array.from({ length: 256 }, (_, bits) => valueOfBits(bits, layout));
      for (let i = 0; i < source.length; i++) target[i] = table[source[i]!]!;
    },
    narrow(source, target) {
      const bits = new Uint32Array(source.buffer, source.byteOffset, source.length);
      for (let i = 0; i < source.length; i++) target[i] = round(bits[i]!, layout);
    },
  };
}

function valueOfBits(bits: number, { fractionBits, bias, firstSpecial, special }: Layout): number {
  const sign = bits & 0x80 ? -1 : 1;
  const code = bits & 0x7f;
  if (code >= firstSpecial) return sign * special(code);
  const exponent = code >> fractionBits;
  const fraction = (code & ((1 << fractionBits) - 1)) / (1 << fractionBits);
  return sign * (exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias));
}

const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

/** Bits of a float32 → code of the nearest 8-bit float, ties to even. */
function round(bits: number, { fractionBits, bias, firstSpecial, overflow }: Layout): number {
  const sign = (bits >>> 24) & 0x80;
  const size = bits & 0x7fffffff;
  if (size > INFINITE) return sign | NOT_A_NUMBER;
  if (size === INFINITE) return sign | overflow;
  const smallestNormal = (128 - bias) << 23;
  if (size < smallestNormal) {
    // Around this power of two float32s are as far apart as the 8-bit subnormals: the addition rounds.
    const shift = (151 - bias - fractionBits) << 23;
    scratchBits[0] = shift;
    const power = scratch[0]!;
    scratchBits[0] = size;
    scratch[0] = scratch[0]! + power;
    return sign | (scratchBits[0]! - shift);
  }
  // Rebias the exponent and drop bits of the fraction; a carry flows into the exponent, which is right.
  const drop = 23 - fractionBits;
  const code = (size - ((127 - bias) << 23) + (1 << (drop - 1)) - 1 + ((size >>> drop) & 1)) >>> drop;
  return sign | (code >= firstSpecial ? overflow : code);
}
