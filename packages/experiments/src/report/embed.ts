import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { liesWithin } from "@latentflow/core/files";
import { type DecodedPng, decode } from "fast-png";
import type { Absent, EmbeddedPictures } from "../drawing/report-context.js";
import { encodePng } from "../pictures/png.js";
import { shrink } from "../pictures/shrink.js";
import type { ExperimentResults, PictureRecord } from "../results/index.js";

/** For a report without pictures. */
export const NO_PICTURES: EmbeddedPictures = { strip: () => "missing", movie: () => "missing" };

/** Characters of data URIs that one page may hold: browsers and mail still carry it. Pictures beyond are links. */
const BUDGET = 32e6;
/** One picture of a strip is shrunk by a whole number as long as it stays this wide, in pixels. */
const CELL = 96;

/**
 * Reads what the report shows: the strips and movies that compare methods. A strip is cut into its methods' rows, so that each can have its
 * name and its own description. Files that are missing, unreadable or outside the run folder are left out; the report says so.
 *
 * @param budget characters of data URIs that the page may hold
 */
export async function embedPictures(results: ExperimentResults, runFolder: string, budget = BUDGET): Promise<EmbeddedPictures> {
  const strips = new Map<string, readonly string[] | Absent>();
  const movies = new Map<string, string | Absent>();
  let left = budget;
  const within = <T extends string | readonly string[]>(uris: T): T | Absent => {
    const size = typeof uris === "string" ? uris.length : uris.reduce((sum, uri) => sum + uri.length, 0);
    if (size > left) return "too large";
    left -= size;
    return uris;
  };
  for (const record of firstOfEachFirst(results)) {
    const bytes = await readInside(runFolder, record.file);
    if (bytes === null) continue;
    if (record.kind === "mp4") movies.set(record.file, within(dataUri("video/mp4", bytes)));
    else {
      const rows = cutRows(bytes, record);
      if (rows !== null) strips.set(record.file, within(rows));
    }
  }
  return {
    strip: ({ file }) => strips.get(file) ?? "missing",
    movie: ({ file }) => movies.get(file) ?? "missing",
  };
}

/** The first picture of every attribute, then the second ones: so that none is without one when the page gets full. */
function firstOfEachFirst({ attributes }: ExperimentResults): PictureRecord[] {
  const shown = attributes.map(({ pictures }) => pictures.filter(({ kind }) => kind === "strip" || kind === "mp4"));
  const most = Math.max(0, ...shown.map(({ length }) => length));
  return Array.from({ length: most }, (_, k) => shown.flatMap((records) => records[k] ?? [])).flat();
}

async function readInside(folder: string, file: string): Promise<Uint8Array | null> {
  const path = resolve(folder, file);
  if (!(await liesWithin(path, folder))) return null;
  return readFile(path).catch(() => null);
}

function cutRows(png: Uint8Array, { methods, times }: PictureRecord): string[] | null {
  let whole: DecodedPng;
  try {
    whole = decode(png);
  } catch {
    return null;
  }
  const { width, height, channels, depth, data } = whole;
  const rows = methods.length;
  if (channels !== 3 || depth !== 8 || rows < 1 || height % rows !== 0) return null;
  const size = (height / rows) * width * 3;
  const factor = Math.max(1, Math.floor(width / times.length / CELL));
  return Array.from({ length: rows }, (_, i) => {
    const row = Uint8Array.from(data.subarray(i * size, (i + 1) * size));
    return dataUri("image/png", encodePng(shrink({ width, height: height / rows, data: row }, factor)));
  });
}

function dataUri(type: string, bytes: Uint8Array): string {
  return `data:${type};base64,${Buffer.from(bytes).toString("base64")}`;
}
