import { toInt64 } from "../graph/model.js";
import { WIRE } from "./wire-reader.js";

/** Writes one protobuf message. Bytes are not copied before `finish`, however deep they are nested. */
export class MessageWriter {
  private readonly parts: Uint8Array[] = [];
  private small: number[] = [];
  private size = 0;

  int(field: number, value: number): void {
    this.tag(field, WIRE.varint);
    this.varint(value);
  }

  float(field: number, value: number): void {
    this.tag(field, WIRE.fourBytes);
    const view = new DataView(new ArrayBuffer(4));
    view.setFloat32(0, value, true);
    this.append(new Uint8Array(view.buffer));
  }

  text(field: number, value: string): void {
    this.bytes(field, new TextEncoder().encode(value));
  }

  bytes(field: number, value: Uint8Array): void {
    this.tag(field, WIRE.bytes);
    this.varint(value.length);
    this.append(value);
  }

  message(field: number, write: (message: MessageWriter) => void): void {
    const inner = new MessageWriter();
    write(inner);
    inner.flush();
    this.tag(field, WIRE.bytes);
    this.varint(inner.size);
    for (const part of inner.parts) this.append(part);
  }

  /** @param allocate memory for all of it */
  finish(allocate = (size: number) => new Uint8Array(size)): Uint8Array {
    this.flush();
    const result = allocate(this.size);
    let at = 0;
    for (const part of this.parts) {
      result.set(part, at);
      at += part.length;
    }
    return result;
  }

  private tag(field: number, wire: number): void {
    this.varint(field * 8 + wire);
  }

  /** Negative numbers take ten bytes, as the format has it. */
  private varint(value: number): void {
    if (value >= 0 && value < 128) {
      this.small.push(value);
      return;
    }
    for (let rest = BigInt.asUintN(64, toInt64(value)); ; rest >>= 7n) {
      if (rest < 128n) {
        this.small.push(Number(rest));
        return;
      }
      this.small.push(Number(rest & 127n) | 128);
    }
  }

  private append(bytes: Uint8Array): void {
    if (bytes.length <= 64) {
      for (const byte of bytes) this.small.push(byte);
      return;
    }
    this.flush();
    this.parts.push(bytes);
    this.size += bytes.length;
  }

  private flush(): void {
    if (this.small.length === 0) return;
    this.parts.push(Uint8Array.from(this.small));
    this.size += this.small.length;
    this.small = [];
  }
}
