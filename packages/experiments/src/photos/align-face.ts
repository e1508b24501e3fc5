import { type Photo, resizePhoto } from "./read-photo.js";

export type Point = readonly [x: number, y: number];

/** Five places of a face, in pixels. Left and right as seen in the photo. */
export interface FaceLandmarks {
  readonly leftEye: Point;
  readonly rightEye: Point;
  readonly nose: Point;
  readonly leftMouth: Point;
  readonly rightMouth: Point;
}

/** A turned square: its middle, and the way from there to the middles of its right and of its lower side. */
export interface TurnedSquare {
  readonly center: Point;
  readonly right: Point;
  readonly down: Point;
}

/**
 * The square of a face by FFHQ's rule (Karras et al. 2019, arXiv:1812.04948, appendix A): turned with the eyes, twice as wide as they lie apart or 1.8 times
 * as wide as they are from the mouth, each way from a tenth below the eyes.
 */
export function faceSquare({ leftEye, rightEye, leftMouth, rightMouth }: FaceLandmarks): TurnedSquare {
  const eyes = middle(leftEye, rightEye);
  const apart = minus(rightEye, leftEye);
  const toMouth = minus(middle(leftMouth, rightMouth), eyes);
  const along: Point = [apart[0] + toMouth[1], apart[1] - toMouth[0]];
  const half = Math.max(2 * Math.hypot(...apart), 1.8 * Math.hypot(...toMouth));
  const length = Math.hypot(...along);
  const right: Point = [(along[0] / length) * half, (along[1] / length) * half];
  return { center: [eyes[0] + 0.1 * toMouth[0], eyes[1] + 0.1 * toMouth[1]], right, down: [-right[1], right[0]] };
}

/** Samples along each axis of a pixel, averaged. */
const SAMPLES = 4;

/** What lies in a turned square, at `side` × `side` pixels; beyond the photo's borders it is mirrored. */
export async function cropTurned(photo: Photo, square: TurnedSquare, side: number): Promise<Photo> {
  const shrink = Math.floor(Math.hypot(...square.right) / side);
  if (shrink > 1) return cropTurned(await shrunk(photo, shrink), scaled(square, photo, shrink), side);
  const data = new Uint8Array(side * side * 3);
  const { center, right, down } = square;
  for (let i = 0; i < side; i++) {
    for (let j = 0; j < side; j++) {
      const sums = [0, 0, 0];
      for (let k = 0; k < SAMPLES * SAMPLES; k++) {
        const u = (2 * (j + ((k % SAMPLES) + 0.5) / SAMPLES)) / side - 1;
        const v = (2 * (i + (Math.floor(k / SAMPLES) + 0.5) / SAMPLES)) / side - 1;
        addSample(photo, center[0] + u * right[0] + v * down[0], center[1] + u * right[1] + v * down[1], sums);
      }
      for (let c = 0; c < 3; c++) data[(i * side + j) * 3 + c] = Math.round(sums[c]! / SAMPLES ** 2);
    }
  }
  return { width: side, height: side, data };
}

/** Averages before large photos are sampled, so that no detail is skipped. */
function shrunk(photo: Photo, factor: number): Promise<Photo> {
  const size = (length: number) => Math.max(1, Math.round(length / factor));
  return resizePhoto(photo, { width: size(photo.width), height: size(photo.height) });
}

function scaled({ center, right, down }: TurnedSquare, { width, height }: Photo, factor: number): TurnedSquare {
  const x = Math.max(1, Math.round(width / factor)) / width;
  const y = Math.max(1, Math.round(height / factor)) / height;
  const at = ([a, b]: Point): Point => [a * x, b * y];
  return { center: at(center), right: at(right), down: at(down) };
}

/** Bilinear; a pixel's middle is at halves. */
function addSample({ width, height, data }: Photo, x: number, y: number, sums: number[]): void {
  const [left, top] = [Math.floor(x - 0.5), Math.floor(y - 0.5)];
  const [right, bottom] = [x - 0.5 - left, y - 0.5 - top];
  for (let k = 0; k < 4; k++) {
    const [column, row] = [mirrored(left + (k & 1), width), mirrored(top + (k >> 1), height)];
    const weight = (k & 1 ? right : 1 - right) * (k >> 1 ? bottom : 1 - bottom);
    for (let c = 0; c < 3; c++) sums[c]! += weight * data[(row * width + column) * 3 + c]!;
  }
}

/** An index within a line of pixels that goes on in mirrors. */
function mirrored(index: number, length: number): number {
  const at = ((index % (2 * length)) + 2 * length) % (2 * length);
  return at < length ? at : 2 * length - 1 - at;
}

const minus = (a: Point, b: Point): Point => [a[0] - b[0], a[1] - b[1]];
const middle = (a: Point, b: Point): Point => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
