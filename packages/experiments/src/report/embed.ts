import { readFile } from "node:fs/promises";
import { resolve, sep } from "node:path";
import { type DecodedPng, decode } from "fast-png";
import { encodePng } from "../pictures/png.js";
import type { ExperimentResults, PictureRecord } from "../results.js";

/** Pictures as data URIs, by the file names of their records. */
export interface EmbeddedPictures {
  /** One URI a method, from top to bottom; null when the file is missing or no such strip. */
  strip(record: PictureRecord): readonly string[] | null;
  movie(record: PictureRecord): string | null;
}

/** For a report without pictures. */
export const NO_PICTURES: EmbeddedPictures = { strip: () => null, movie: () => null };

/**
 * Reads what the report shows: the strips and movies that compare methods. A strip is cut into its methods' rows, so that each can have its
 * name and its own description. Files that are missing, unreadable or outside the run folder are left out; the report says so.
 */
export async function embedPictures(results: ExperimentResults, runFolder: string): Promise<EmbeddedPictures> {
  const strips = new Map<string, readonly string[]>();
  const movies = new Map<string, string>();
  for (const record of results.attributes.flatMap(({ pictures }) => pictures)) {
    if (record.kind !== "strip" && record.kind !== "mp4") continue;
    const bytes = await readInside(runFolder, record.file);
    if (bytes === null) continue;
    if (record.kind === "mp4") movies.set(record.file, dataUri("video/mp4", bytes));
    else {
      const rows = cutRows(bytes, record.methods.length);
      if (rows !== null) strips.set(record.file, rows);
    }
  }
  return {
    strip: ({ file }) => strips.get(file) ?? null,
    movie: ({ file }) => movies.get(file) ?? null,
  };
}

async function readInside(folder: string, file: string): Promise<Uint8Array | null> {
  const path = resolve(folder, file);
  if (!path.startsWith(resolve(folder) + sep)) return null;
  return readFile(path).catch(() => null);
}

function cutRows(png: Uint8Array, rows: number): string[] | null {
  let whole: DecodedPng;
  try {
    whole = decode(png);
  } catch {
    return null;
  }
  const { width, height, channels, depth, data } = whole;
  if (channels !== 3 || depth !== 8 || rows < 1 || height % rows !== 0) return null;
  const size = (height / rows) * width * 3;
  return Array.from({ length: rows }, (_, i) => {
    const row = Uint8Array.from(data.subarray(i * size, (i + 1) * size));
    return dataUri("image/png", encodePng({ width, height: height / rows, data: row }));
  });
}

function dataUri(type: string, bytes: Uint8Array): string {
  return `data:${type};base64,${Buffer.from(bytes).toString("base64")}`;
}
