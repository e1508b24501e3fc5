import { deflateSync, inflateSync } from "node:zlib";
import type { SceneFactors } from "@latentflow/scenes";

/** A dozen scenes that between them show every class of the small factors, and positions at the edges and between. */
export const REFERENCE_SCENES: readonly SceneFactors[] = [
  [0, 0, 0, 0, 0, 0, 0],
  [1, 1, 1, 0, 1, 39, 0],
  [2, 2, 0, 0, 2, 0, 39],
  [3, 3, 1, 0, 0, 39, 39],
  [4, 4, 0, 1, 1, 20, 20],
  [5, 5, 1, 1, 2, 7, 31],
  [0, 1, 0, 1, 0, 33, 12],
  [1, 0, 1, 1, 1, 13, 5],
  [2, 3, 0, 2, 2, 26, 0],
  [3, 2, 1, 2, 0, 0, 17],
  [4, 5, 0, 2, 1, 39, 23],
  [5, 4, 1, 2, 2, 18, 39],
];

export const REFERENCE_COLUMNS = 4;

/** 8-bit RGB as an unfiltered PNG: small, and anyone can look at it. */
export function encodePng(pixels: Uint8Array, width: number, crc32: (data: Uint8Array) => number): Buffer {
  const height = pixels.length / width / 3;
  const rows = Buffer.alloc(height * (width * 3 + 1));
  for (let y = 0; y < height; y++) rows.set(pixels.subarray(y * width * 3, (y + 1) * width * 3), y * (width * 3 + 1) + 1);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const chunk = (type: string, data: Uint8Array): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const result = Buffer.alloc(body.length + 8);
    result.writeUInt32BE(data.length, 0);
    body.copy(result, 4);
    result.writeUInt32BE(crc32(body), body.length + 4);
    return result;
  };
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** Reads what {@link encodePng} writes: one IDAT chunk, no row filters. */
export function decodePng(png: Buffer): { pixels: Uint8Array; width: number } {
  const width = png.readUInt32BE(16);
  const height = png.readUInt32BE(20);
  const data = 33 + 8;
  const rows = inflateSync(png.subarray(data, data + png.readUInt32BE(33)));
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) pixels.set(rows.subarray(y * (width * 3 + 1) + 1, (y + 1) * (width * 3 + 1)), y * width * 3);
  return { pixels, width };
}

/** Pictures [n][64 · 64 · 3] to one, row by row. */
export function tile(images: readonly Uint8Array[], columns: number, size: number): Uint8Array {
  const pixels = new Uint8Array(images.length * size * size * 3);
  images.forEach((image, i) => {
    for (let y = 0; y < size; y++) {
      const row = Math.floor(i / columns) * size + y;
      pixels.set(image.subarray(y * size * 3, (y + 1) * size * 3), (row * columns + (i % columns)) * size * 3);
    }
  });
  return pixels;
}
