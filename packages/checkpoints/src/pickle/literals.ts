import { CheckpointError } from "../error.js";

/** Longest integer in bytes: arithmetic on longer ones would cost more than their length. */
const LONGEST_INTEGER = 256;

/** A little-endian two's-complement integer; a number where that is exact, else a bigint. */
export function integerFromBytes(bytes: Uint8Array, offset: number): number | bigint {
  if (bytes.length > LONGEST_INTEGER) throw new CheckpointError(`expected an integer, got one of ${bytes.length} bytes.`, offset);
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return exactNumber(BigInt.asIntN(8 * bytes.length, value));
}

/** A decimal integer as protocol 0 writes it; `01` and `00` are its booleans, a trailing L is Python 2's long. */
export function integerFromText(line: string, offset: number): number | bigint | boolean {
  if (line === "01") return true;
  if (line === "00") return false;
  const match = /^([+-]?\d{1,600})L?$/.exec(line);
  if (!match) throw new CheckpointError("expected a decimal integer.", offset);
  return exactNumber(BigInt(match[1]!.replace("+", "")));
}

/** A float as protocol 0 writes it: Python's repr, such as 1e-05, inf or -nan. */
export function floatFromText(line: string, offset: number): number {
  const special = /^([+-]?)(inf|nan)$/i.exec(line);
  if (special) return special[2]!.toLowerCase() === "nan" ? Number.NaN : Number(`${special[1]}Infinity`);
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(line)) throw new CheckpointError("expected a decimal number.", offset);
  return Number(line);
}

/** A number where that is exact. */
export function exactNumber(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Text of protocol 0: quoted (STRING) or raw-unicode-escaped (UNICODE). */
export function unescapeString(line: string): string {
  const quoted = /^(["'])(.*)\1$/.exec(line);
  const text = quoted ? quoted[2]! : line;
  const escapes: Record<string, string> = { n: "\n", r: "\r", t: "\t", "\\": "\\", "'": "'", '"': '"' };
  return text.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U0010([0-9a-fA-F]{4})|U000([0-9a-fA-F]{5})|(.))/g,
    (all, x, u, high, big, simple) => {
      const code = x ?? u ?? (high ? `10${high}` : big);
      return code ? String.fromCodePoint(Number.parseInt(code, 16)) : (escapes[simple] ?? all);
    },
  );
}
