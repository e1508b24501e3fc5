import { describeValue } from "@latentflow/core";
import { ExperimentsError } from "../errors.js";

/** An 8-bit RGB image: `data` holds height · width · 3 bytes, rows from top to bottom. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/**
 * A generator's image values as bytes: [-1, 1] is clamped and mapped to 0 … 255, rounded to the nearest.
 * This is the only place where floats become bytes, so that every file of a run shows the same pixels.
 *
 * @throws ExperimentsError for NaN, which would otherwise look like a black pixel
 */
export function toRgb8(values: ArrayLike<number>): Uint8Array {
  const isNumbers = Array.isArray(values) || ArrayBuffer.isView(values);
  if (!isNumbers || !Number.isInteger(values.length) || (values.length > 0 && typeof values[0] !== "number"))
    throw new ExperimentsError(`toRgb8: expected an array of numbers, got ${describeValue(values)}.`);
  const bytes = new Uint8Array(values.length);
  for (let i = 0; i < bytes.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) throw new ExperimentsError(`toRgb8: expected numbers, got NaN at index ${i}.`);
    bytes[i] = Math.round(Math.min(1, Math.max(-1, value)) * 127.5 + 127.5);
  }
  return bytes;
}

/** Throws unless the picture's bytes are as many as its size says. */
export function checkPicture(caller: string, picture: Picture): void {
  const { width, height, data } = (picture ?? {}) as Picture;
  if (!(data instanceof Uint8Array)) {
    throw new ExperimentsError(
      `${caller}: expected a picture { width, height, data }, data a Uint8Array, got ${describeValue(picture)}.`,
    );
  }
  const whole = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0;
  if (whole && data.length === width * height * 3) return;
  throw new ExperimentsError(`${caller}: expected width · height · 3 bytes, got ${data.length} for ${width} × ${height}.`);
}

function checkPictures(caller: string, pictures: unknown): void {
  if (Array.isArray(pictures)) return;
  throw new ExperimentsError(`${caller}: expected a list of pictures, got ${describeValue(pictures)}.`);
}

/** Throws unless there is a picture, and all are valid and of one size. */
export function checkSameSize(caller: string, pictures: readonly Picture[]): { width: number; height: number } {
  checkPictures(caller, pictures);
  const first = pictures[0];
  if (first === undefined) throw new ExperimentsError(`${caller}: expected at least one picture, got none.`);
  for (const picture of pictures) {
    checkPicture(caller, picture);
    if (picture.width !== first.width || picture.height !== first.height) {
      throw new ExperimentsError(
        `${caller}: expected pictures of one size, got ${first.width} × ${first.height} and ${picture.width} × ${picture.height}.`,
      );
    }
  }
  return { width: first.width, height: first.height };
}
