import { expect, it } from "vitest";
import { bfloat16, float16, type NarrowFloats } from "../src/half-floats.js";

const allBits = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
const notANumberAbove = (exponentMask: number) => (bits: number) => (bits & 0x7fff) > exponentMask;

describe16("float16", float16, notANumberAbove(0x7c00), 10, 15);
describe16("bfloat16", bfloat16, notANumberAbove(0x7f80), 7, 127);

function describe16(
  name: string,
  half: NarrowFloats<Uint16Array>,
  notANumber: (bits: number) => boolean,
  fractionBits: number,
  bias: number,
): void {
  const values = new Float32Array(65536);
  half.widen(allBits, values);

  it(`${name}: every bit pattern has the value that the format defines`, () => {
    for (let bits = 0; bits < 65536; bits++) {
      const exponent = (bits & 0x7fff) >> fractionBits;
      const fraction = (bits & ((1 << fractionBits) - 1)) / 2 ** fractionBits;
      const size = exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias);
      const infinite = exponent === 2 * bias + 1 && fraction === 0;
      const expected = notANumber(bits) ? Number.NaN : (bits >> 15 ? -1 : 1) * (infinite ? Number.POSITIVE_INFINITY : size);
      if (!Object.is(values[bits], expected)) expect([bits, values[bits]]).toEqual([bits, expected]);
    }
  });

  it(`${name}: narrowing gives back every number, and the even one of two neighbours from half way between`, () => {
    const back = new Uint16Array(65536);
    half.narrow(values, back);
    const lost = allBits.filter((bits) => !notANumber(bits) && back[bits] !== bits);
    expect(lost).toHaveLength(0);
    expect(allBits.filter(notANumber).every((bits) => notANumber(back[bits]!))).toBe(true);

    const infinity = allBits.find((bits) => values[bits] === Number.POSITIVE_INFINITY)!;
    const lower = allBits.subarray(0, infinity - 1);
    const middles = Float32Array.from(lower, (bits) => (values[bits]! + values[bits + 1]!) / 2);
    const [below, above] = [-1, 1].map((step) => neighbours(middles, step)) as [Float32Array, Float32Array];
    const rounded = [below, middles, above].map((numbers) => {
      const result = new Uint16Array(numbers.length);
      half.narrow(numbers, result);
      return result;
    });
    expect(rounded[0]).toEqual(lower);
    expect(rounded[1]).toEqual(lower.map((bits) => bits + (bits & 1)));
    expect(rounded[2]).toEqual(lower.map((bits) => bits + 1));
  });
}

/** The next float32 of every number. */
function neighbours(numbers: Float32Array, step: number): Float32Array {
  const bits = new Uint32Array(numbers.slice().buffer).map((x) => x + step);
  return new Float32Array(bits.buffer);
}
