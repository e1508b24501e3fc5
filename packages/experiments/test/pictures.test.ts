import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode } from "fast-png";
import { createFile, type Movie, MP4BoxBuffer } from "mp4box";
import omggif from "omggif";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  encodeGif,
  encodeMp4,
  encodePng,
  enlarge,
  grid,
  type Picture,
  pingPong,
  shrink,
  stripFigure,
  toRgb8,
  writeComparisonPictures,
  writeMethodPictures,
} from "../src/pictures/index.js";
import { madeUpFrames } from "./made-up/frames.js";

const plain = (width: number, height: number, colour: readonly number[]): Picture => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, k) => colour[k % 3]!),
});

describe("toRgb8", () => {
  it("maps [-1, 1] to bytes, clamps, rounds to the nearest", () => {
    expect([...toRgb8([-1, 0, 1, -3, 3, 0.5])]).toEqual([0, 128, 255, 0, 255, 191]);
    expect(() => toRgb8([0, Number.NaN])).toThrow("NaN at index 1");
  });
});

describe("enlarge", () => {
  const ramp: Picture = { width: 4, height: 2, data: Uint8Array.from({ length: 24 }, (_, k) => 10 * Math.floor(k / 3)) };

  it("nearest repeats pixels", () => {
    const { width, height, data } = enlarge(ramp, { factor: 3, look: "nearest" });
    expect([width, height]).toEqual([12, 6]);
    for (let y = 0; y < 6; y++) {
      for (let x = 0; x < 12; x++)
        expect(data[(y * 12 + x) * 3]).toBe(ramp.data[(Math.floor(y / 3) * 4 + Math.floor(x / 3)) * 3]);
    }
  });

  it("smooth keeps the values at pixel centres, keeps constants, and is linear on a linear ramp", () => {
    const smooth = enlarge(ramp, { factor: 3 });
    expect(smooth.data[(1 * 12 + 4) * 3]).toBe(ramp.data[3]);
    expect([3, 4, 5, 6, 7].map((x) => smooth.data[(1 * 12 + x) * 3])).toEqual(
      [6, 10, 13, 17, 20].map((v) => expect.closeTo(v, -0.4)),
    );
    expect(new Set(enlarge(plain(3, 3, [77, 77, 77]), { factor: 5 }).data)).toEqual(new Set([77]));
  });

  it("shrink takes means, and undoes nearest enlargement", () => {
    expect(shrink(enlarge(ramp, { factor: 3, look: "nearest" }), 3)).toEqual(ramp);
    expect([...shrink(ramp, 2).data.filter((_, k) => k % 3 === 0)]).toEqual([25, 45]);
    expect(() => shrink(ramp, 3)).toThrow("got 3 for 4 × 2");
  });

  it("names what is wrong", () => {
    expect(() => enlarge(ramp, { factor: 1.5 })).toThrow("factor to be an integer ≥ 1 and ≤ 64, got 1.5");
    expect(() => enlarge({ ...ramp, width: 5 }, { factor: 2 })).toThrow("got 24 for 5 × 2");
  });
});

describe("files decode to what went in", () => {
  const colours = [
    [250, 10, 20],
    [20, 240, 30],
    [10, 20, 230],
    [200, 200, 40],
  ];
  const frames = pingPong(colours.map((colour) => plain(30, 21, colour)));

  it("ping-pong shows the ends once", () => {
    expect(pingPong([0, 1, 2, 3])).toEqual([0, 1, 2, 3, 2, 1]);
    expect(pingPong([0])).toEqual([0]);
  });

  it("PNG: every byte", () => {
    const whole = grid(frames.slice(0, 3), { columns: 2, gap: 3, background: [1, 2, 3] });
    const decoded = decode(encodePng(whole));
    expect(decoded).toMatchObject({ width: 63, height: 45, channels: 3, depth: 8 });
    expect(decoded.data).toEqual(whole.data);
    const pixel = (x: number, y: number) => [...whole.data.subarray((y * 63 + x) * 3, (y * 63 + x) * 3 + 3)];
    expect([pixel(29, 20), pixel(31, 10), pixel(33, 0), pixel(0, 24), pixel(50, 30)]).toEqual([
      colours[0],
      [1, 2, 3],
      colours[1],
      colours[2],
      [1, 2, 3],
    ]);
  });

  it("GIF: frames, pace, size, endless, and colours", async () => {
    const bytes = await encodeGif(frames, { framesPerSecond: 20 });
    const gif = new omggif.GifReader(Buffer.from(bytes));
    expect([gif.width, gif.height, gif.numFrames(), gif.loopCount()]).toEqual([30, 21, 6, 0]);
    expect(gif.frameInfo(2).delay).toBe(5);
    const shown = frames.map((_, i) => {
      const pixels = new Uint8Array(30 * 21 * 4);
      gif.decodeAndBlitFrameRGBA(i, pixels);
      return [...pixels.subarray(0, 3)];
    });
    expect(shown).toEqual([0, 1, 2, 3, 2, 1].map((i) => colours[i]!.map((value) => expect.closeTo(value, -1))));
  });

  it("MP4: frames, duration, even size, H.264", async () => {
    const movie = await movieInfo(await encodeMp4(frames, { framesPerSecond: 12 }));
    const [track] = movie.videoTracks;
    expect(track).toMatchObject({ nb_samples: 6, video: { width: 30, height: 22 } });
    expect(track!.codec).toMatch(/^avc1\.42/);
    expect(track!.samples_duration / track!.timescale).toBeCloseTo(0.5, 2);
  });

  it("leaves the process's error handlers alone", async () => {
    const listeners = () => [process.listenerCount("unhandledRejection"), process.listenerCount("uncaughtException")];
    const before = listeners();
    await encodeMp4(frames);
    expect(listeners()).toEqual(before);
  });

  it("the same frames give the same bytes, also a second later", async () => {
    const files = () => Promise.all([encodeGif(frames), encodeMp4(frames)]);
    const before = await files();
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(await files()).toEqual(before);
    const { created, modified } = await movieInfo(before[1]);
    expect([created, modified].map(Number)).toEqual([Date.UTC(1904, 0, 1), Date.UTC(1904, 0, 1)]);
  });

  it("names what is wrong", async () => {
    await expect(encodeGif([])).rejects.toThrow("encodeGif: expected at least one picture");
    await expect(encodeMp4([plain(2, 2, [0]), plain(4, 2, [0])])).rejects.toThrow("got 2 × 2 and 4 × 2");
    await expect(encodeMp4(frames, { framesPerSecond: 0 })).rejects.toThrow(
      "framesPerSecond to be a finite number > 0 and ≤ 60, got 0",
    );
  });
});

describe("a run's pictures", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pictures-"));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const methods = [madeUpFrames("interfacegan", "InterFaceGAN", 0.4), madeUpFrames("ode-1", "Neural <ODE>", 1)];

  it("one method: strip of samples × times, movies there and back", async () => {
    const records = await writeMethodPictures(methods[1]!, join(folder, "ode-1"));
    expect(records.map(({ kind, file, width, height }) => ({ kind, file, width, height }))).toEqual([
      { kind: "strip", file: "strip.png", width: 8 * 130 - 2, height: 2 * 130 - 2 },
      { kind: "gif", file: "movie.gif", width: 2 * 130 - 2, height: 128 },
      { kind: "mp4", file: "movie.mp4", width: 2 * 130 - 2, height: 128 },
    ]);
    expect(records[0]!.times).toEqual([0, 0.75, 1.5, 2.25, 3.75, 4.5, 5.25, 6]);
    expect(records[1]!.times).toHaveLength(16);
    const read = async (i: number) => readFile(join(folder, "ode-1", records[i]!.file));
    expect(new omggif.GifReader(await read(1)).numFrames()).toBe(16);
    expect((await movieInfo(await read(2))).videoTracks[0]!.nb_samples).toBe(16);
  });

  it("several methods: one row a method, in the given order, pixels untouched", async () => {
    const records = await writeComparisonPictures(methods, join(folder, "comparison"));
    expect(records.map(({ file }) => file)).toEqual(["sample-1.png", "figure.svg", "sample-2.png", "methods.gif", "methods.mp4"]);
    expect(records[0]).toMatchObject({ methods: ["interfacegan", "ode-1"], width: 8 * 16, height: 2 * 16 });
    const strip = decode(await readFile(join(folder, "comparison", "sample-2.png")));
    methods.forEach(({ data, times }, row) => {
      const frame = (1 * times.length + times.length - 1) * 16 * 16 * 3;
      const left = (row * 16 * 128 + 112) * 3;
      expect([...strip.data.subarray(left, left + 48)]).toEqual([...data.subarray(frame, frame + 48)]);
    });
    const figure = await readFile(join(folder, "comparison", "figure.svg"), "utf8");
    expect(figure).toContain("InterFaceGAN</text>");
    expect(figure).toContain("Neural &lt;ODE&gt;</text>");
  });

  it("strips carry what the regressor reads, where all methods' frames were read", async () => {
    const read = methods.map((frames, row) => ({
      ...frames,
      readings: Int32Array.from({ length: frames.samples * frames.times.length * 2 }, (_, i) => 100 * row + i),
    }));
    const all = await writeComparisonPictures(read, join(folder, "read"));
    // The eight times of a strip, of the nine of the frames: 0, 1, 2, 3, 5, 6, 7, 8.
    const places = [0, 1, 2, 3, 5, 6, 7, 8];
    const readings = [100, 200].map((row) => ({
      classes: places.map((place) => row - 100 + (9 + place) * 2),
      changed: places.map((place) => row - 100 + (9 + place) * 2 + 1),
    }));
    expect(all.find(({ file }) => file === "sample-2.png")).toMatchObject({ readings });
    expect(all.filter((record) => record.readings !== undefined)).toHaveLength(2);
    const mixed = await writeComparisonPictures([read[0]!, methods[1]!], join(folder, "mixed"));
    expect(mixed.every((record) => record.readings === undefined)).toBe(true);
  });

  it("refuses methods that do not show the same, and stops when told", async () => {
    const other = { ...methods[1]!, times: [...methods[1]!.times].reverse() };
    await expect(writeComparisonPictures([methods[0]!, other], folder)).rejects.toThrow(
      "expected the same samples, times and size",
    );
    await expect(writeMethodPictures({ ...methods[0]!, samples: 3 }, folder)).rejects.toThrow("for interfacegan");
    await expect(writeMethodPictures(methods[0]!, folder, AbortSignal.abort())).rejects.toThrow(/abort/i);
  });

  it("a figure is well-formed and as large as it says", () => {
    const row = [plain(8, 8, [9, 9, 9])];
    const { svg, width, height } = stripFigure({ title: "a & b", labels: ["x"], times: [0], rows: [row] });
    expect(svg).toContain(`viewBox="0 0 ${width} ${height}"`);
    expect(svg).toContain("a &amp; b");
  });
});

function movieInfo(bytes: Uint8Array): Promise<Movie> {
  return new Promise((resolve, reject) => {
    const file = createFile();
    file.onReady = resolve;
    file.onError = (_module: string, message: string) => reject(new Error(message));
    const buffer = MP4BoxBuffer.fromArrayBuffer(Uint8Array.from(bytes).buffer, 0);
    file.appendBuffer(buffer, true);
    file.flush();
  });
}
