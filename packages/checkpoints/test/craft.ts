import { zipSync } from "fflate";

/** Bytes of a pickle, written by hand: text is taken byte by byte, numbers are bytes, arrays are nested parts. */
export type Part = string | number | Uint8Array | readonly Part[];

export function bytesOf(...parts: Part[]): Uint8Array {
  const out: number[] = [];
  const add = (part: Part) => {
    if (typeof part === "number") out.push(part);
    else if (typeof part === "string") for (const character of part) out.push(character.charCodeAt(0));
    else for (const inner of part) add(inner as Part);
  };
  parts.forEach(add);
  return Uint8Array.from(out);
}

/** A little-endian integer of `size` bytes. */
export function little(value: number | bigint, size: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(value), true);
  return new Uint8Array(view.buffer, 0, size);
}

export const text = (value: string): Part => ["X", little(value.length, 4), value];
export const int = (value: number | bigint): Part => ["\x8a", 8, little(value, 8)];
export const global = (module: string, name: string): Part => `c${module}\n${name}\n`;

/** A float32 tensor over the storage `key` of `count` elements. */
export function tensor(key: string, count: number | bigint, shape: readonly number[], strides: readonly number[]): Part {
  const id: Part = ["(", text("storage"), global("torch", "FloatStorage"), text(key), text("cpu"), int(count), "tQ"];
  const sizes: Part = ["(", shape.map(int), "t(", strides.map(int), "t"];
  return [global("torch._utils", "_rebuild_tensor_v2"), "(", id, int(0), sizes, "\x89", "}", "tR"];
}

/** A file as torch.save lays it out. */
export function torchZip(pickle: Part, storages: Record<string, Uint8Array> = {}, level: 0 | 9 = 0): Uint8Array {
  const data = Object.fromEntries(Object.entries(storages).map(([key, bytes]) => [`archive/data/${key}`, bytes]));
  return zipSync({ "archive/data.pkl": bytesOf("\x80\x02", pickle, "."), ...data }, { level });
}

/** A pickle by itself, for the reader of NVlabs' files. */
export const plainPickle = (...parts: Part[]): Uint8Array => bytesOf("\x80\x02", ...parts, ".");

/**
 * The end of a zip64 archive with one stored member whose central entry keeps its sizes and offset in the zip64 field.
 *
 * @param localHeaderSize bytes before the member's data, at the beginning of the file
 */
export function zip64End(name: string, size: number, localHeaderSize: number, crc32 = 0): Uint8Array {
  const max = little(0xffffffff, 4);
  const extra: Part = [little(1, 2), little(24, 2), little(size, 8), little(size, 8), little(0, 8)];
  const central = bytesOf(
    "PK\x01\x02",
    repeatZero(4),
    repeatZero(2),
    little(0, 2),
    repeatZero(4),
    little(crc32, 4),
    max,
    max,
    little(name.length, 2),
    [little(28, 2), repeatZero(10), max, name, extra],
  );
  const centralOffset = localHeaderSize + size;
  const end64: Part = [
    "PK\x06\x06",
    little(44, 8),
    repeatZero(12),
    little(1, 8),
    little(1, 8),
    little(central.length, 8),
    little(centralOffset, 8),
  ];
  const locator: Part = ["PK\x06\x07", repeatZero(4), little(centralOffset + central.length, 8), little(1, 4)];
  const end: Part = ["PK\x05\x06", repeatZero(4), little(0xffff, 2), little(0xffff, 2), max, max, repeatZero(2)];
  return bytesOf(central, end64, locator, end);
}

/** The header in front of a stored member; its sizes are left to the directory. */
export function localHeader(name: string): Uint8Array {
  return bytesOf("PK\x03\x04", repeatZero(14), repeatZero(8), little(name.length, 2), little(0, 2), name);
}

/** An npy header of version 1. */
export function npyHeader(shape: string, type = "<f4"): Uint8Array {
  const header = `{'descr': '${type}', 'fortran_order': False, 'shape': ${shape}, }\n`;
  return bytesOf("\x93NUMPY\x01", 0, little(header.length, 2), header);
}

function repeatZero(count: number): Part {
  return new Uint8Array(count);
}

/** `count` integers of 12 bytes that V8 puts into one place of a table: it hashes a bigint by its last 64 bits alone. */
export const collidingIntegers = (count: number): Part[] =>
  Array.from({ length: count }, (_, i) => ["\x8a", 12, new Uint8Array(8).fill(77), little(i + 1, 4)]);

/** `count` small integers that V8's hash, which is everybody's knowledge, puts into the same of 2^12 places. */
export function collidingSmallIntegers(count: number): number[] {
  const found: number[] = [];
  for (let key = 0; found.length < count; key++) {
    let hash = (~key + (key << 15)) >>> 0;
    hash = (hash ^ (hash >>> 12)) >>> 0;
    hash = (hash + (hash << 2)) >>> 0;
    hash = (hash ^ (hash >>> 4)) >>> 0;
    hash = Math.imul(hash, 2057) >>> 0;
    if (((hash ^ (hash >>> 16)) & (2 ** 12 - 1)) === 0) found.push(key);
  }
  return found;
}
