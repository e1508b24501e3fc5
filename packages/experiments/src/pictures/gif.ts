import { encode } from "modern-gif";
import { checkMovie, type MovieOptions, toRgba } from "./movie.js";
import type { Picture } from "./picture.js";

/** An endless GIF with one palette of at most 256 colours for all frames, so that colours do not flicker. */
export async function encodeGif(frames: readonly Picture[], options: MovieOptions = {}): Promise<Uint8Array> {
  const { width, height, framesPerSecond } = checkMovie("encodeGif", frames, options);
  const delay = Math.max(2, Math.round(100 / framesPerSecond)) * 10;
  const file = await encode({
    width,
    height,
    looped: true,
    frames: frames.map((frame) => ({ data: new Uint8ClampedArray(toRgba(frame).buffer), delay })),
  });
  return new Uint8Array(file);
}
