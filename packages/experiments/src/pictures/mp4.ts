import { checkMovie, type MovieOptions, toRgba } from "./movie.js";
import { clearMp4Times } from "./mp4-times.js";
import type { Picture } from "./picture.js";

/** H.264's quantiser, 10 (best) to 51: at 18 a 256-pixel picture shows no blocks. */
const QUANTISER = 18;

/** The size of an MP4 of such pictures: H.264 wants even numbers. */
export function mp4Size({ width, height }: { width: number; height: number }): { width: number; height: number } {
  return { width: width + (width % 2), height: height + (height % 2) };
}

/**
 * An MP4 file, H.264 baseline, which every browser and player of today shows. Encoded by WebAssembly inside an npm package: no ffmpeg.
 * An odd picture repeats its last row or column.
 */
export async function encodeMp4(frames: readonly Picture[], options: MovieOptions = {}): Promise<Uint8Array> {
  const checked = checkMovie("encodeMp4", frames, options);
  const { width, height } = mp4Size(checked);
  const { createH264MP4Encoder } = await loadEncoder();
  const encoder = await createH264MP4Encoder();
  try {
    encoder.width = width;
    encoder.height = height;
    encoder.frameRate = checked.framesPerSecond;
    encoder.quantizationParameter = QUANTISER;
    encoder.initialize();
    for (const frame of frames) encoder.addFrameRgba(toRgba(frame, width, height));
    encoder.finalize();
    const file = encoder.FS.readFile(encoder.outputFilename);
    clearMp4Times(file);
    return file;
  } finally {
    // All encoders of a process share one file system in memory.
    encoder.FS.unlink(encoder.outputFilename);
    encoder.delete();
  }
}

/**
 * Loaded when first needed: a megabyte. Emscripten's start adds listeners to the process that turn every unhandled rejection, also those
 * of other code, into an abort of its own: they are taken off again.
 */
async function loadEncoder() {
  const events = ["uncaughtException", "unhandledRejection"] as const;
  const before = events.map((event) => new Set(process.rawListeners(event)));
  const imported = await import("h264-mp4-encoder");
  events.forEach((event, i) => {
    for (const listener of process.rawListeners(event)) {
      if (!before[i]!.has(listener)) process.removeListener(event, listener as (...args: unknown[]) => void);
    }
  });
  // A CommonJS module: Node gives it as the default export, bundlers as the namespace itself.
  return imported.default ?? imported;
}
