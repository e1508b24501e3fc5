import { type DeclaredOptions, type GivenOptions, readOptions } from "@latentflow/core";
import { ExperimentsError } from "../errors.js";
import { checkPicture, type Picture } from "./picture.js";

const ENLARGE = {
  /** How many pixels one becomes in each direction, an integer. */
  factor: { min: 1, max: 64, integer: true },
  /** `"nearest"` keeps pixels visible; `"smooth"` (default) is Catmull-Rom interpolation, which goes through every pixel's value. */
  look: { default: "smooth", choices: ["nearest", "smooth"] },
} as const satisfies DeclaredOptions;

export interface EnlargeOptions extends GivenOptions<typeof ENLARGE> {}

/** Enlarges a picture, since 64 pixels are a stamp on today's screens. */
export function enlarge(picture: Picture, options: EnlargeOptions): Picture {
  const { factor, look } = readOptions("enlarge", ENLARGE, options, ExperimentsError);
  checkPicture("enlarge", picture);
  if (factor === 1) return picture;
  const { width, height } = picture;
  const taps = (size: number) => (look === "nearest" ? nearestTaps(size, factor) : catmullRomTaps(size, factor));
  const wide = resampleRows(picture.data, height, taps(width));
  const data = resampleColumns(wide, width * factor * 3, taps(height));
  return { width: width * factor, height: height * factor, data: toBytes(data) };
}

/** For each new pixel, the source pixels it is made of and their weights, which sum to 1: [pixels, count], row by row. */
interface Taps {
  readonly sourceSize: number;
  readonly count: number;
  readonly indices: Int32Array;
  readonly weights: Float64Array;
}

function nearestTaps(size: number, factor: number): Taps {
  const indices = Int32Array.from({ length: size * factor }, (_, i) => Math.floor(i / factor));
  return { sourceSize: size, count: 1, indices, weights: new Float64Array(indices.length).fill(1) };
}

/** Pixel centres of both sizes cover the same interval; beyond the edge its last pixel goes on. */
function catmullRomTaps(size: number, factor: number): Taps {
  const indices = new Int32Array(size * factor * 4);
  const weights = new Float64Array(indices.length);
  for (let i = 0; i < indices.length; i++) {
    const centre = (Math.floor(i / 4) + 0.5) / factor - 0.5;
    const tap = Math.floor(centre) - 1 + (i % 4);
    indices[i] = Math.min(size - 1, Math.max(0, tap));
    weights[i] = catmullRom(Math.abs(centre - tap));
  }
  return { sourceSize: size, count: 4, indices, weights };
}

function catmullRom(x: number): number {
  if (x < 1) return 1 + x * x * (1.5 * x - 2.5);
  return x < 2 ? 2 - x * (4 - x * (2.5 - 0.5 * x)) : 0;
}

/** Each row of RGB pixels gets the taps' length. */
function resampleRows(source: Uint8Array, rows: number, { sourceSize, count, indices, weights }: Taps): Float64Array {
  const width = indices.length / count;
  const out = new Float64Array(rows * width * 3);
  for (let i = 0; i < rows * width; i++) {
    const row = Math.floor(i / width) * sourceSize;
    const tap = (i % width) * count;
    for (let k = tap; k < tap + count; k++) {
      const from = (row + indices[k]!) * 3;
      for (let c = 0; c < 3; c++) out[i * 3 + c]! += weights[k]! * source[from + c]!;
    }
  }
  return out;
}

/** As many rows as taps; `rowLength` numbers in each. */
function resampleColumns(source: Float64Array, rowLength: number, { count, indices, weights }: Taps): Float64Array {
  const out = new Float64Array((indices.length / count) * rowLength);
  for (let k = 0; k < indices.length; k++) {
    const to = Math.floor(k / count) * rowLength;
    const from = indices[k]! * rowLength;
    for (let x = 0; x < rowLength; x++) out[to + x]! += weights[k]! * source[from + x]!;
  }
  return out;
}

/** Rounded to the nearest, clamped. A loop: `Uint8Array.from` with a function takes ten times as long. */
function toBytes(values: Float64Array): Uint8Array {
  const bytes = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) bytes[i] = Math.min(255, Math.max(0, Math.round(values[i]!)));
  return bytes;
}
