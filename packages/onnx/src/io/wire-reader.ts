import { OnnxError } from "../errors.js";

/** Kinds of fields in protobuf's wire format. */
export const WIRE = { varint: 0, eightBytes: 1, bytes: 2, fourBytes: 5 } as const;

/**
 * Memory that reading a file may take for what is not its weights, which stay views of the file: names, nodes and numbers are larger in memory than
 * in a file. Without a limit, a file of the smallest nodes that the format allows takes a hundred times its size.
 */
export class ReadBudget {
  private left: number;

  constructor(private readonly fileBytes: number) {
    this.left = 2 ** 26 + 4 * fileBytes;
  }

  /** @throws OnnxError when it is used up */
  take(bytes: number): void {
    this.left -= bytes;
    if (this.left >= 0) return;
    throw new OnnxError(
      `readOnnx: expected a graph that takes no more memory than 64 MB and 4 times its file of ${this.fileBytes} bytes, got one of more, smaller entries than any exporter writes.`,
    );
  }
}

/** What readers of nested messages share. */
interface Source {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly budget: ReadBudget;
  /** Names occur many times in a graph: each is kept once. */
  readonly names: Map<string, string>;
}

/** Approximate sizes in memory, for the budget. */
const NUMBER_BYTES = 8;
const TEXT_BYTES = 40;

const decoder = new TextDecoder();

/** Names are short and plain: a decoder takes longer to start than they take to read. */
function textOf(bytes: Uint8Array): string {
  if (bytes.length > 64 || bytes.some((byte) => byte > 127)) return decoder.decode(bytes);
  return String.fromCharCode(...bytes);
}

/** Reads one protobuf message, field by field: `while (message.next()) switch (message.field) …`. What is not read is skipped. */
export class MessageReader {
  /** Number of the current field. */
  field = 0;
  private wire = 0;
  private pending = false;

  private constructor(
    private readonly source: Source,
    private at: number,
    private readonly end: number,
  ) {}

  static of(bytes: Uint8Array, budget: ReadBudget): MessageReader {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return new MessageReader({ bytes, view, budget, names: new Map() }, 0, bytes.length);
  }

  get budget(): ReadBudget {
    return this.source.budget;
  }

  /** Goes to the next field; false at the end. */
  next(): boolean {
    if (this.pending) this.skip();
    if (this.at >= this.end) return false;
    const tag = this.integer();
    this.field = Math.floor(tag / 8);
    this.wire = tag % 8;
    this.pending = true;
    if (!(this.field >= 1)) throw this.damaged(`a field number ${this.field}`);
    return true;
  }

  /** An integer of up to 64 bits. Beyond 2^53 it is rounded: exporters only write such numbers for "to the end". */
  int(): number {
    this.expect(WIRE.varint);
    return this.integer();
  }

  float(): number {
    this.expect(WIRE.fourBytes);
    return this.source.view.getFloat32(this.forward(4), true);
  }

  /** The bytes of the field, not copied. */
  bytes(): Uint8Array {
    this.expect(WIRE.bytes);
    const length = this.length();
    return this.source.bytes.subarray(this.at - length, this.at);
  }

  text(): string {
    const bytes = this.bytes();
    const text = textOf(bytes);
    const known = this.source.names.get(text);
    if (known !== undefined) return known;
    this.budget.take(TEXT_BYTES + 2 * bytes.length);
    this.source.names.set(text, text);
    return text;
  }

  message(): MessageReader {
    this.expect(WIRE.bytes);
    const length = this.length();
    return new MessageReader(this.source, this.at - length, this.at);
  }

  /** Adds the integers of a repeated field, packed or a single one. */
  ints(into: number[]): void {
    if (this.wire === WIRE.varint) this.push(into, this.int());
    else for (const packed = this.message(); packed.at < packed.end; ) this.push(into, packed.integer());
  }

  /** Adds the numbers of a repeated field of floats or doubles, packed or a single one. */
  reals(into: number[], size: 4 | 8): void {
    const { view } = this.source;
    const read = (at: number) => (size === 4 ? view.getFloat32(at, true) : view.getFloat64(at, true));
    if (this.wire !== WIRE.bytes) {
      this.expect(size === 4 ? WIRE.fourBytes : WIRE.eightBytes);
      this.push(into, read(this.forward(size)));
      return;
    }
    for (const packed = this.message(); packed.at < packed.end; ) this.push(into, read(packed.forward(size)));
  }

  private push(into: number[], value: number): void {
    this.budget.take(NUMBER_BYTES);
    into.push(value);
  }

  private skip(): void {
    if (this.wire === WIRE.varint) this.int();
    else if (this.wire === WIRE.bytes) this.bytes();
    else if (this.wire === WIRE.fourBytes || this.wire === WIRE.eightBytes) {
      this.pending = false;
      this.forward(this.wire === WIRE.fourBytes ? 4 : 8);
    } else throw this.damaged(`a field of kind ${this.wire}`);
  }

  private expect(wire: number): void {
    this.pending = false;
    if (this.wire !== wire) throw this.damaged(`field ${this.field} of kind ${this.wire} in place of ${wire}`);
  }

  /** A varint, as a signed number of 64 bits. */
  private integer(): number {
    const { bytes } = this.source;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.at >= this.end) throw this.damaged("a number that is cut off");
      const byte = bytes[this.at++]!;
      const seven = byte & 127;
      if (shift < 28) low |= seven << shift;
      else if (shift === 28) {
        low |= seven << 28;
        high = seven >> 4;
      } else if (shift < 63) high |= seven << (shift - 32);
      else high |= seven << 31;
      if (byte < 128) return (high | 0) * 2 ** 32 + (low >>> 0);
    }
    throw this.damaged("a number of more than 64 bits");
  }

  /** Reads the length of a field of bytes and goes behind it. */
  private length(): number {
    const length = this.integer();
    this.forward(length);
    return length;
  }

  /** Goes forward by some bytes; returns where they begin. */
  private forward(count: number): number {
    const from = this.at;
    if (!(count >= 0 && count <= this.end - from)) throw this.damaged(`${count} bytes where ${this.end - from} are left`);
    this.at += count;
    return from;
  }

  private damaged(what: string): OnnxError {
    return new OnnxError(
      `readOnnx: expected an .onnx file (a protobuf message), got ${this.source.bytes.length} bytes with ${what} at ${this.at}; the file is damaged or of another kind.`,
    );
  }
}
