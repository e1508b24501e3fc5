import { readFile } from "node:fs/promises";
import sharp, { type Sharp } from "sharp";
import { DatasetsError, reasonOf } from "../errors.js";
import { oddContents } from "../input/what-is-it.js";
import { middleOf, resizeByArea } from "./area.js";
import type { RawPicture, Resize } from "./pictures.js";

/** What is wrong with a picture's file, by kind, so that those of a kind can be counted. */
export class PictureError extends DatasetsError {
  constructor(
    readonly file: string,
    readonly problem: string,
    options?: ErrorOptions,
  ) {
    super(`Dataset: could not read the picture ${file}: ${problem}.`, options);
  }
}

/**
 * The pixels of a JPEG, PNG, WebP, TIFF or AVIF file, decoded on sharp's own threads. As it lies in the file: labels were made with that, so an EXIF
 * orientation is not followed, as by PIL. What is transparent lies on black.
 *
 * @throws PictureError for what is no picture, or not a whole one
 */
export async function decodePicture(file: string, resize?: Resize): Promise<RawPicture> {
  try {
    return await pixelsOf(sharp(file, { failOn: "truncated", sequentialRead: true }), resize);
  } catch (cause) {
    throw new PictureError(file, await explain(file, cause), { cause });
  }
}

/** A picture in memory in another size. */
export async function resizePicture(picture: RawPicture, resize: Resize): Promise<RawPicture> {
  const { width, height } = picture;
  if (resize.width === width && resize.height === height) return picture;
  if (resize.kernel === "area") return byArea(picture, resize);
  return pixelsOf(sharp(picture.data, { raw: { width, height, channels: 3 } }), resize);
}

async function pixelsOf(source: Sharp, resize: Resize | undefined): Promise<RawPicture> {
  const byLanczos = resize !== undefined && resize.kernel === "lanczos";
  const sized = byLanczos ? source.resize(resize.width, resize.height, { fit: resize.fit, kernel: "lanczos3" }) : source;
  const { data, info } = await sized.toColourspace("srgb").removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const picture = { width: info.width, height: info.height, data: info.channels === 3 ? data : tripled(data, info.channels) };
  return resize !== undefined && !byLanczos ? byArea(picture, resize) : picture;
}

function byArea(picture: RawPicture, { width, height, fit }: Resize): RawPicture {
  return resizeByArea(picture, width, height, fit === "cover" ? middleOf(picture, { width, height }) : undefined);
}

/** Grey pixels as RGB. */
function tripled(grey: Uint8Array, channels: number): Uint8Array {
  return Uint8Array.from({ length: (grey.length / channels) * 3 }, (_, i) => grey[Math.floor(i / 3) * channels]!);
}

async function explain(file: string, cause: unknown): Promise<string> {
  try {
    const bytes = await readFile(file);
    const odd = oddContents(bytes.subarray(0, 512));
    if (odd !== undefined) return odd;
    return isCutOff(bytes) ? "its end is missing (a download or a copy that was broken off)" : reasonOf(cause).split("\n")[0]!;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return "there is no such file";
    return code === "EISDIR" ? "it is a folder" : message;
  }
}

/** Whether a JPEG or PNG file lacks its end mark. */
function isCutOff(bytes: Buffer): boolean {
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return bytes.lastIndexOf(Buffer.from([0xff, 0xd9])) < 2;
  return bytes.subarray(1, 4).toString("latin1") === "PNG" && !bytes.includes("IEND");
}
