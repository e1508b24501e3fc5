import { CheckpointError, describe } from "../errors.js";

/** A Python literal: dict, tuple, text, whole number, True, False or None. Whole numbers too large to be exact stay as near as they come. */
export type PythonLiteral = Map<PythonLiteral, PythonLiteral> | readonly PythonLiteral[] | string | number | boolean | null;

/** Brackets inside each other: Python's own limit. */
const DEEPEST = 200;
/** Space and comments: inside brackets, lines end nowhere. */
const SPACE = /(?:[ \t\f\r\n]|#[^\n]*)*/y;
const TEXT =
  /([uUrR]?)('''(?:[^\\]|\\[\s\S])*?'''|"""(?:[^\\]|\\[\s\S])*?"""|'(?:[^'\\\r\n]|\\[\s\S])*'|"(?:[^"\\\r\n]|\\[\s\S])*")/y;
const WORD = /[A-Za-z_][A-Za-z_0-9]*/y;
const INTEGER = /0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|0(?:_?0)*|[1-9](?:_?[0-9])*/y;

/**
 * Reads what `ast.literal_eval` reads, of what an array's header can hold. Lists, sets, bytes and floats are refused: no header of an array
 * of numbers has them.
 *
 * @param text at most a few thousand characters
 * @param offset of the text within the file, for messages
 * @param longSuffix whether whole numbers may end in L, as Python 2 wrote them
 */
export function parsePythonLiteral(text: string, offset: number, longSuffix: boolean): PythonLiteral {
  const parser = new Parser(text, offset, longSuffix);
  const value = parser.value(0);
  parser.end();
  return value;
}

class Parser {
  readonly #text: string;
  readonly #offset: number;
  readonly #longSuffix: boolean;
  #position = 0;

  constructor(text: string, offset: number, longSuffix: boolean) {
    this.#text = text;
    this.#offset = offset;
    this.#longSuffix = longSuffix;
    this.#take(SPACE);
  }

  end(): void {
    if (this.#position < this.#text.length) this.#fail("nothing more");
  }

  value(depth: number): PythonLiteral {
    if (depth > DEEPEST) this.#fail("fewer brackets inside each other");
    if (this.#skip("{")) return this.#dict(depth);
    if (this.#skip("(")) return this.#parentheses(depth);
    const first = this.#string();
    if (first !== undefined) return this.#strings(first);
    const sign = this.#skip("-") ? -1 : this.#skip("+") ? 1 : undefined;
    const integer = this.#integer();
    if (integer !== undefined) return (sign ?? 1) * integer;
    const word = sign === undefined ? this.#take(WORD) : undefined;
    this.#take(SPACE);
    if (word === "True" || word === "False") return word === "True";
    if (word === "None") return null;
    return this.#fail("a dict, tuple, text or whole number");
  }

  #dict(depth: number): PythonLiteral {
    const dict = new Map<PythonLiteral, PythonLiteral>();
    while (!this.#skip("}")) {
      if (dict.size > 0) this.#need(",");
      if (this.#skip("}")) break;
      const key = this.value(depth + 1);
      this.#need(":");
      dict.set(key, this.value(depth + 1));
    }
    return dict;
  }

  /** A tuple, or a value in parentheses: a comma makes the difference. */
  #parentheses(depth: number): PythonLiteral {
    const items: PythonLiteral[] = [];
    let comma = false;
    while (!this.#skip(")")) {
      if (items.length > 0) {
        this.#need(",");
        comma = true;
        if (this.#skip(")")) break;
      }
      items.push(this.value(depth + 1));
    }
    return items.length === 1 && !comma ? items[0]! : items;
  }

  /** Texts side by side are one. */
  #strings(first: string): string {
    const parts = [first];
    for (let next = this.#string(); next !== undefined; next = this.#string()) parts.push(next);
    return parts.join("");
  }

  #string(): string | undefined {
    TEXT.lastIndex = this.#position;
    const match = TEXT.exec(this.#text);
    if (!match) return undefined;
    this.#position = TEXT.lastIndex;
    this.#take(SPACE);
    const [, prefix, quoted] = match as unknown as [string, string, string];
    const quotes = /^('''|""")/.test(quoted) ? 3 : 1;
    const inner = quoted.slice(quotes, -quotes);
    return prefix.toLowerCase() === "r" ? inner : unescapeText(inner);
  }

  #integer(): number | undefined {
    const digits = this.#take(INTEGER);
    if (digits === undefined) return undefined;
    if (this.#longSuffix) this.#skip("L");
    // Neither 02, nor 2.0, nor 2x.
    if (/[\w.]/.test(this.#text[this.#position] ?? "")) this.#fail("a whole number");
    this.#take(SPACE);
    return Number(digits.replaceAll("_", ""));
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#position;
    const found = pattern.exec(this.#text)?.[0];
    if (found) this.#position = pattern.lastIndex;
    return found;
  }

  #skip(character: string): boolean {
    if (this.#text[this.#position] !== character) return false;
    this.#position++;
    this.#take(SPACE);
    return true;
  }

  #need(character: string): void {
    if (!this.#skip(character)) this.#fail(character);
  }

  #fail(expected: string): never {
    const rest = this.#text.slice(this.#position, this.#position + 20);
    throw new CheckpointError(
      `expected ${expected} in the header's Python literal, got ${rest === "" ? "its end" : describe(rest)}.`,
      this.#offset + this.#position,
    );
  }
}

const SIMPLE: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", a: "\x07", b: "\b", f: "\f", v: "\v", "\n": "" };

function unescapeText(text: string): string {
  return text.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|([0-7]{1,3})|([\s\S]))/g,
    (_all, x?: string, u?: string, octal?: string, simple?: string) => {
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
      const code = x ?? u;
      if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
      return SIMPLE[simple!] ?? (/["'\\]/.test(simple!) ? simple! : `\\${simple}`);
    },
  );
}
