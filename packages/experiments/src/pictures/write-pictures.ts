import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { readOptions, SIGNAL, throwIfAborted } from "@latentflow/core";
import { writeFileAtomic } from "@latentflow/core/files";
import { checkList, checkText } from "../checks.js";
import { words } from "../drawing/numbers.js";
import { ConfigError, ExperimentsError } from "../errors.js";
import type { EditFrames, PictureRecord } from "../results/index.js";
import { checkFrames, frameAt, readingsAt, spread } from "./edit-frames.js";
import { enlarge } from "./enlarge.js";
import { encodeGif } from "./gif.js";
import { grid } from "./grid.js";
import { pingPong } from "./movie.js";
import { encodeMp4, mp4Size } from "./mp4.js";
import type { Picture } from "./picture.js";
import { encodePng } from "./png.js";
import { stripFigure } from "./strip-figure.js";

/** Edit lengths that a strip shows when frames hold more of them. */
const STRIP_TIMES = 8;
/** Starts whose comparison gets a strip of its own; an MP4 shows as many. */
const SHOWN_SAMPLES = 4;
/** Pictures are enlarged until one sample is about as wide as this, in pixels; larger ones stay as they are. */
const CELL = 128;
/** A GIF has no compression between frames: it shows fewer starts in fewer steps, and its enlarged pixels are squares, which take less room. */
const GIF = { samples: 2, frames: 12 };
const GAP = 2;

/**
 * Pictures of one method, into `folder`, which is made and is this call's alone: `strip.png` (rows: samples, columns: times), `movie.gif` and `movie.mp4` (the samples side by side, there and back).
 *
 * @returns a record a file; `file` is relative to the folder
 */
export async function writeMethodPictures(frames: EditFrames, folder: string, signal?: AbortSignal): Promise<PictureRecord[]> {
  checkFrames("writeMethodPictures", frames);
  checkFolder("writeMethodPictures", folder, signal);
  await mkdir(folder, { recursive: true });
  const { method, label, attribute, samples } = frames;
  const write = writerInto("writeMethodPictures", folder, signal);
  const columns = spread(frames.times.length, STRIP_TIMES);
  const cells = rangeOf(samples).flatMap((sample) => columns.map((time) => enlarged(frameAt(frames, sample, time))));
  const strip = grid(cells, { columns: columns.length, gap: GAP });
  const times = columns.map((i) => frames.times[i]!);
  const title = `${words(attribute)} edited by ${label}`;
  return [
    await write(
      "strip",
      "strip.png",
      strip,
      encodePng(strip),
      [method],
      times,
      `${title}: ${samples} codes, one a row, ${along(times)}`,
    ),
    ...(await writeMovies(write, [frames], "movie", `${title}: the edit there and back, one code a column`)),
  ];
}

/**
 * Pictures of several methods on the same starts, linear above nonlinear as given: `sample-1.png`, … (one start each; rows: methods, columns:
 * times; pixels as the generator made them, for the report), `figure.svg` (the first of them with names and edit lengths), `methods.gif`
 * and `methods.mp4` (rows: methods, columns: samples, there and back).
 */
export async function writeComparisonPictures(
  methods: readonly EditFrames[],
  folder: string,
  signal?: AbortSignal,
): Promise<PictureRecord[]> {
  const first = checkComparable(methods);
  checkFolder("writeComparisonPictures", folder, signal);
  await mkdir(folder, { recursive: true });
  const write = writerInto("writeComparisonPictures", folder, signal);
  const columns = spread(first.times.length, STRIP_TIMES);
  const times = columns.map((i) => first.times[i]!);
  const ids = methods.map(({ method }) => method);
  const labels = methods.map(({ label }) => label);
  const shown = Math.min(first.samples, SHOWN_SAMPLES);
  const records: PictureRecord[] = [];
  for (const sample of rangeOf(shown)) {
    const rows = methods.map((frames) => columns.map((time) => frameAt(frames, sample, time)));
    const strip = grid(rows.flat(), { columns: columns.length });
    const alt = `${words(first.attribute)} of one code edited by ${labels.join("; ")}, from top to bottom, ${along(times)}`;
    const record = await write("strip", `sample-${sample + 1}.png`, strip, encodePng(strip), ids, times, alt);
    const readings = methods.flatMap((frames) => readingsAt(frames, sample, columns) ?? []);
    records.push({ ...record, ...(readings.length === methods.length && { readings }) });
    if (sample > 0) continue;
    const figure = stripFigure({ title: `${words(first.attribute)} edited`, labels, times, rows });
    records.push(await write("grid", "figure.svg", figure, figure.svg, ids, times, alt));
  }
  const alt = `${words(first.attribute)} edited there and back by ${labels.join("; ")}, from top to bottom, one code a column`;
  return [...records, ...(await writeMovies(write, methods, "methods", alt))];
}

type Write = (
  kind: PictureRecord["kind"],
  file: string,
  size: { width: number; height: number },
  data: Uint8Array | string,
  methods: readonly string[],
  times: readonly number[],
  alt: string,
) => Promise<PictureRecord>;

function writerInto(caller: string, folder: string, signal: AbortSignal | undefined): Write {
  return async (kind, file, { width, height }, data, methods, times, alt) => {
    throwIfAborted(caller, signal);
    await writeFileAtomic(join(folder, file), data, { within: folder });
    return { kind, file, width, height, methods, times, alt };
  };
}

/** GIF and MP4, there and back: one row a method, one column a sample. */
async function writeMovies(write: Write, methods: readonly EditFrames[], file: string, alt: string): Promise<PictureRecord[]> {
  const { times, samples } = methods[0]!;
  const ids = methods.map(({ method }) => method);
  const frames = (indices: readonly number[], columns: number, look: "nearest" | "smooth") => {
    const oneWay = indices.map((time) => {
      const cells = methods.flatMap((method) => rangeOf(columns).map((sample) => enlarged(frameAt(method, sample, time), look)));
      return grid(cells, { columns, gap: GAP });
    });
    return pingPong(oneWay);
  };
  const few = spread(times.length, GIF.frames);
  const shortFrames = frames(few, Math.min(samples, GIF.samples), "nearest");
  const shortTimes = pingPong(few.map((i) => times[i]!));
  const gif = await write(
    "gif",
    `${file}.gif`,
    shortFrames[0]!,
    await encodeGif(shortFrames, { framesPerSecond: 10 }),
    ids,
    shortTimes,
    alt,
  );
  const allFrames = frames(rangeOf(times.length), Math.min(samples, SHOWN_SAMPLES), "smooth");
  const mp4 = await write("mp4", `${file}.mp4`, mp4Size(allFrames[0]!), await encodeMp4(allFrames), ids, pingPong(times), alt);
  return [gif, mp4];
}

function enlarged(picture: Picture, look: "nearest" | "smooth" = "smooth"): Picture {
  return enlarge(picture, { factor: Math.max(1, Math.round(CELL / picture.width)), look });
}

function checkFolder(caller: string, folder: string, signal: AbortSignal | undefined): void {
  checkText(caller, "folder", folder, "a folder's path");
  readOptions(caller, { signal: SIGNAL }, { signal }, ConfigError);
}

function checkComparable(methods: readonly EditFrames[]): EditFrames {
  checkList("writeComparisonPictures", "methods", methods);
  const [first] = methods;
  if (first === undefined) throw new ExperimentsError("writeComparisonPictures: expected at least one method, got none.");
  const shape = ({ samples, times, height, width }: EditFrames) =>
    `${samples} samples at ${times.join(", ")}, ${height} × ${width}`;
  for (const frames of methods) {
    checkFrames("writeComparisonPictures", frames);
    if (shape(frames) !== shape(first)) {
      throw new ExperimentsError(
        `writeComparisonPictures: expected the same samples, times and size of all methods, got ${shape(first)} of ${first.method} ` +
          `and ${shape(frames)} of ${frames.method}.`,
      );
    }
  }
  return first;
}

function along(times: readonly number[]): string {
  return `from edit length ${times[0]} on the left to ${times.at(-1)} on the right`;
}

function rangeOf(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}
