import { CheckpointError } from "../errors.js";

/** Longest integer in bytes: arithmetic on longer ones would cost more than their length. */
const LONGEST_INTEGER = 256;

/** Longest text in characters, well below V8's limit. */
export const LONGEST_TEXT = 2 ** 28;

/** A little-endian two's-complement integer; a number where that is exact, else a bigint. */
export function integerFromBytes(bytes: Uint8Array, offset: number): number | bigint {
  const { length } = bytes;
  if (length > LONGEST_INTEGER) throw new CheckpointError(`expected an integer, got one of ${length} bytes.`, offset);
  if (length === 0) return 0;
  if (length <= 6) {
    let value = 0;
    for (let i = length - 1; i >= 0; i--) value = value * 256 + bytes[i]!;
    return bytes[length - 1]! >= 128 ? value - 256 ** length : value;
  }
  // By way of hexadecimal text: shifting in byte by byte would take the square of the length.
  let hex = "0x";
  for (let i = length - 1; i >= 0; i--) hex += bytes[i]!.toString(16).padStart(2, "0");
  return exactNumber(BigInt.asIntN(8 * length, BigInt(hex)));
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

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", "\\": "\\", "'": "'", '"': '"' };
const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U0010([0-9a-fA-F]{4})|U000([0-9a-fA-F]{5})|(.))/y;

/** Text of protocol 0: quoted (STRING) or raw-unicode-escaped (UNICODE). */
export function unescapeString(line: string): string {
  const quote = line[0];
  const isQuoted = line.length >= 2 && (quote === "'" || quote === '"') && line.endsWith(quote);
  const text = isQuoted ? line.slice(1, -1) : line;
  let next = text.indexOf("\\");
  if (next < 0) return text;
  // One array for all, not a piece for every escape.
  const codes = new Uint16Array(text.length);
  let length = 0;
  const put = (part: string) => {
    for (let i = 0; i < part.length; i++) codes[length++] = part.charCodeAt(i);
  };
  let at = 0;
  for (; next >= 0; next = text.indexOf("\\", at)) {
    for (; at < next; at++) codes[length++] = text.charCodeAt(at);
    ESCAPE.lastIndex = at;
    const [all, x, u, high, big, simple] = ESCAPE.exec(text) ?? [text[at]!];
    const code = x ?? u ?? (high ? `10${high}` : big);
    put(code ? String.fromCodePoint(Number.parseInt(code, 16)) : ((simple && SIMPLE_ESCAPES[simple]) ?? all));
    at += all.length;
  }
  for (; at < text.length; at++) codes[length++] = text.charCodeAt(at);
  return textOf(codes.subarray(0, length));
}

/** Text of which every byte is one character. */
export function latin1Text(bytes: Uint8Array, offset: number): string {
  if (bytes.length > LONGEST_TEXT) throw new CheckpointError(`expected a text, got one of ${bytes.length} bytes.`, offset);
  return textOf(bytes);
}

function textOf(codes: Uint8Array | Uint16Array): string {
  const parts: string[] = [];
  for (let i = 0; i < codes.length; i += 4096) parts.push(String.fromCharCode(...codes.subarray(i, i + 4096)));
  return parts.join("");
}
