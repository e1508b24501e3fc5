import { type DeclaredOptions, describeValue, type GivenOptions, readOptions } from "@latentflow/core";
import { ExperimentsError } from "../errors.js";
import { checkSameSize, type Picture } from "./picture.js";

const MOVIE = {
  /** Frames a second (default 16). GIF counts in hundredths of a second, so its pace is the nearest of those. */
  framesPerSecond: { default: 16, above: 0, max: 60 },
} as const satisfies DeclaredOptions;

export interface MovieOptions extends GivenOptions<typeof MOVIE> {}

/** There and back, so that a loop has no jump: the ends are shown once, n frames become 2n − 2. */
export function pingPong<T>(frames: readonly T[]): T[] {
  if (!Array.isArray(frames)) throw new ExperimentsError(`pingPong: expected a list of frames, got ${describeValue(frames)}.`);
  return [...frames, ...frames.slice(1, -1).reverse()];
}

/** The checks that all kinds of movie share. */
export function checkMovie(caller: string, frames: readonly Picture[], options: MovieOptions) {
  const { framesPerSecond } = readOptions(caller, MOVIE, options, ExperimentsError);
  return { ...checkSameSize(caller, frames), framesPerSecond };
}

/** RGB and an opaque fourth byte, as canvases have it. `width` and `height` may be larger than the picture: its last row and column go on. */
export function toRgba(picture: Picture, width = picture.width, height = picture.height): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (Math.min(y, picture.height - 1) * picture.width + Math.min(x, picture.width - 1)) * 3;
      const to = (y * width + x) * 4;
      for (let c = 0; c < 3; c++) data[to + c] = picture.data[from + c]!;
      data[to + 3] = 255;
    }
  }
  return data;
}
