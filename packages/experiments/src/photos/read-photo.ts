import { ConfigError } from "../errors.js";

/** Pixels of a photo, 8-bit RGB, row by row. */
export interface Photo {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

type Sharp = typeof import("sharp").default;

async function loadSharp(): Promise<Sharp> {
  try {
    return (await import("sharp")).default;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    throw new ConfigError(
      `project: expected sharp, which reads photos, to load on this machine (npm install sharp); it said: ${reason}`,
      { cause },
    );
  }
}

/** The pixels of a JPEG, PNG, WebP, TIFF or AVIF file, turned as its camera was held; what is transparent becomes white. */
export async function readPhoto(file: string): Promise<Photo> {
  const sharp = await loadSharp();
  try {
    const upright = sharp(file).rotate().flatten({ background: "white" }).toColourspace("srgb").removeAlpha();
    const { data, info } = await upright.raw().toBuffer({ resolveWithObject: true });
    const rgb = info.channels === 3 ? data : tripled(data);
    return { width: info.width, height: info.height, data: new Uint8Array(rgb) };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(`project: could not read the photo ${file}: ${reason}`, { cause });
  }
}

/** The middle square at another size. */
export async function cropSquare({ width, height, data }: Photo, side: number): Promise<Photo> {
  const sharp = await loadSharp();
  const image = sharp(data, { raw: { width, height, channels: 3 } });
  const cropped = await image.resize(side, side, { fit: "cover", position: "centre" }).raw().toBuffer();
  return { width: side, height: side, data: new Uint8Array(cropped) };
}

/** A photo at another size, as a whole. */
export async function resizePhoto({ width, height, data }: Photo, size: { width: number; height: number }): Promise<Photo> {
  const sharp = await loadSharp();
  const image = sharp(data, { raw: { width, height, channels: 3 } });
  const resized = await image.resize(size.width, size.height, { fit: "fill" }).raw().toBuffer();
  return { ...size, data: new Uint8Array(resized) };
}

/** Grey pixels as RGB. */
function tripled(grey: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: grey.length * 3 }, (_, i) => grey[Math.floor(i / 3)]!);
}
