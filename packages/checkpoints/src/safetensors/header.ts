import type { Budget } from "../budget.js";
import { MAX_DIMENSIONS } from "../dtypes.js";
import { CheckpointError, describe } from "../errors.js";
import { isUnicode, METADATA } from "./type-names.js";

/** What a header says of one tensor. */
export interface HeaderEntry {
  readonly name: string;
  /** The format's name of its element type; it may be one that this package does not know. */
  readonly type: string;
  readonly shape: readonly number[];
  /** Its bytes [start, end), counted from the end of the header. */
  readonly start: number;
  readonly end: number;
}

export interface Header {
  readonly tensors: Map<string, HeaderEntry>;
  readonly metadata: Map<string, string>;
}

/** What a tensor without elements takes: its entry, its tensor, their places in the maps, two arrays. */
const TENSOR_SIZE = 768;
const TEXT_SIZE = 192;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Reads the JSON of a header. It can only be an object of flat entries, so this reads nothing else: in one pass, without building what a
 * general parser would build of a hostile text, and with keys that stand twice noticed.
 *
 * @param base offset of the text within the file, for messages
 */
export function parseHeader(text: string, base: number, budget: Budget): Header {
  const scanner = new Scanner(text, base);
  const tensors = new Map<string, HeaderEntry>();
  const metadata = new Map<string, string>();
  let described = false;
  scanner.object((name) => {
    if (name === METADATA) {
      if (described) scanner.fail(`${METADATA} stands twice in the header`);
      described = true;
      readMetadata(scanner, metadata, budget);
      return;
    }
    if (tensors.has(name)) scanner.fail(`tensor ${describe(name)} stands twice in the header`);
    budget.chargeValues(TENSOR_SIZE + 2 * name.length, "the header's tensors", base);
    tensors.set(name, readEntry(scanner, name));
  });
  scanner.end();
  return { tensors, metadata };
}

function readMetadata(scanner: Scanner, metadata: Map<string, string>, budget: Budget): void {
  const expected = `expected ${METADATA} to hold texts by name`;
  if (!scanner.at("{")) scanner.fail(expected);
  scanner.object((key) => {
    if (metadata.has(key)) scanner.fail(`the metadata ${describe(key)} stands twice in the header`);
    if (!scanner.at('"')) scanner.fail(expected);
    const text = scanner.string();
    budget.chargeValues(TEXT_SIZE + 2 * (key.length + text.length), "the header's metadata");
    metadata.set(key, text);
  });
}

function readEntry(scanner: Scanner, name: string): HeaderEntry {
  const entry: { dtype?: string; shape?: number[]; data_offsets?: number[] } = {};
  const which = `tensor ${describe(name)}`;
  if (!scanner.at("{")) scanner.fail(`${which}: expected an object with dtype, shape and data_offsets`);
  scanner.object((key) => {
    if (key !== "dtype" && key !== "shape" && key !== "data_offsets")
      scanner.fail(`${which}: expected dtype, shape and data_offsets and nothing else, got ${describe(key)}`);
    if (entry[key] !== undefined) scanner.fail(`${which}: ${key} stands twice`);
    if (key === "dtype") entry.dtype = scanner.string();
    else if (key === "shape") entry.shape = scanner.integers(MAX_DIMENSIONS, which);
    else entry.data_offsets = scanner.integers(2, which);
  });
  const { dtype, shape, data_offsets: range } = entry;
  if (dtype === undefined || shape === undefined || range?.length !== 2)
    return scanner.fail(`${which}: expected a dtype, a shape and two data_offsets`);
  return { name, type: dtype, shape, start: range[0]!, end: range[1]! };
}

/** Reads JSON from front to back; each method takes one value and the space behind it. */
class Scanner {
  readonly #text: string;
  readonly #base: number;
  #position = 0;

  constructor(text: string, base: number) {
    this.#text = text;
    this.#base = base;
    this.#space();
  }

  fail(reason: string): never {
    throw new CheckpointError(`${reason}.`, this.#base + this.#position);
  }

  at(character: string): boolean {
    return this.#text[this.#position] === character;
  }

  /** An object: `read` takes the value of each key. */
  object(read: (key: string) => void): void {
    this.#expect("{");
    if (!this.at("}")) {
      for (;;) {
        const key = this.string();
        this.#expect(":");
        read(key);
        if (!this.at(",")) break;
        this.#expect(",");
      }
    }
    this.#expect("}");
  }

  string(): string {
    if (!this.at('"')) this.fail(`expected a JSON text, got ${this.#found()}`);
    const start = this.#position;
    let escaped = false;
    for (let at = start + 1; at < this.#text.length; at++) {
      const code = this.#text.charCodeAt(at);
      if (code === BACKSLASH) {
        escaped = true;
        at++;
      } else if (code < 0x20) this.fail("expected a JSON text without control characters");
      else if (code === QUOTE) {
        this.#position = at + 1;
        const value = escaped ? this.#unescape(start) : this.#text.slice(start + 1, at);
        this.#space();
        return value;
      }
    }
    return this.fail("expected the end of a JSON text");
  }

  /** A list of at most `most` non-negative integers. */
  integers(most: number, which: string): number[] {
    const list: number[] = [];
    this.#expect("[");
    while (!this.at("]")) {
      if (list.length > 0) this.#expect(",");
      if (list.length === most) this.fail(`${which}: expected at most ${most === 2 ? "2 offsets" : `${most} dimensions`}`);
      list.push(this.#integer(which));
    }
    this.#expect("]");
    return list;
  }

  /** The end of the text. */
  end(): void {
    if (this.#position < this.#text.length) this.fail(`expected nothing behind the header's object, got ${this.#found()}`);
  }

  #integer(which: string): number {
    const start = this.#position;
    let value = 0;
    for (; ; this.#position++) {
      const digit = this.#text.charCodeAt(this.#position) - 48;
      if (!(digit >= 0 && digit <= 9)) break;
      value = 10 * value + digit;
    }
    const digits = this.#position - start;
    if (digits === 0 || !Number.isSafeInteger(value) || (digits > 1 && this.#text[start] === "0")) {
      this.#position = start;
      this.fail(`${which}: expected a non-negative integer, got ${this.#found()}`);
    }
    this.#space();
    return value;
  }

  #unescape(start: number): string {
    try {
      const value = JSON.parse(this.#text.slice(start, this.#position)) as string;
      if (isUnicode(value)) return value;
    } catch {
      // Said below.
    }
    return this.fail("expected a JSON text with valid escapes");
  }

  #expect(character: string): void {
    if (!this.at(character)) this.fail(`expected ${character} of a JSON header, got ${this.#found()}`);
    this.#position++;
    this.#space();
  }

  #found(): string {
    const { length } = this.#text;
    return this.#position < length ? describe(this.#text.slice(this.#position, this.#position + 20)) : "its end";
  }

  #space(): void {
    for (; ; this.#position++) {
      const code = this.#text.charCodeAt(this.#position);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
    }
  }
}
