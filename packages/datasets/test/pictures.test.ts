import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SeededRandom } from "@latentflow/core";
import sharp from "sharp";
import { describe, expect, it, onTestFinished } from "vitest";
import { openDataset } from "../src/index.js";
import { workAhead } from "../src/loading/ahead.js";
import { resizeByArea } from "../src/pictures/area.js";
import { emptyFolder } from "./folders.js";

/** A folder with noise in PNG files, and the pixels in them. */
async function noise(count: number, width: number, height: number) {
  const folder = emptyFolder();
  const random = new SeededRandom(3);
  const pixels = Array.from({ length: count }, () =>
    Uint8Array.from({ length: width * height * 3 }, () => random.integer(0, 255)),
  );
  mkdirSync(folder, { recursive: true });
  for (const [i, data] of pixels.entries())
    await sharp(data, { raw: { width, height, channels: 3 } }).toFile(join(folder, `${i}.png`));
  writeFileSync(join(folder, "labels.csv"), `file,a\n${pixels.map((_, i) => `${i}.png,${i % 2}\n`).join("")}`);
  return { folder, pixels };
}

describe("pictures", () => {
  it("come pixel by pixel, as bytes or in [−1, 1]", async () => {
    const { folder, pixels } = await noise(3, 5, 4);
    const bytes = await openDataset("csv", folder);
    const floats = await openDataset("csv", folder, { pixels: "float32" });
    expect([...(await bytes.get(1)).image.data]).toEqual([...pixels[1]!]);
    const { data } = (await floats.get(2)).image;
    expect(data).toBeInstanceOf(Float32Array);
    expect(Math.max(...data.map((value, i) => Math.abs(value - (pixels[2]![i]! / 127.5 - 1))))).toBeLessThan(1e-6);
  });

  it("are reduced by area: each pixel the mean of what it covers, also in parts", async () => {
    const { folder, pixels } = await noise(1, 8, 6);
    const half = await (await openDataset("csv", folder, { size: [4, 3], fit: "fill" })).get(0);
    const at = (x: number, y: number, c: number) => pixels[0]![(y * 8 + x) * 3 + c]!;
    const mean = (x: number, y: number, c: number) =>
      (at(2 * x, 2 * y, c) + at(2 * x + 1, 2 * y, c) + at(2 * x, 2 * y + 1, c) + at(2 * x + 1, 2 * y + 1, c)) / 4;
    const expected = Array.from({ length: 36 }, (_, i) => Math.round(mean(Math.floor(i / 3) % 4, Math.floor(i / 12), i % 3)));
    expect([...half.image.data]).toEqual(expected);
    // Three pixels to two: each covers one and a half.
    const row = { width: 3, height: 1, data: Uint8Array.from([30, 0, 0, 60, 0, 0, 120, 0, 0]) };
    expect([...resizeByArea(row, 2, 1).data]).toEqual([40, 0, 0, 100, 0, 0]);
    // Enlarged, it stays what it is.
    expect([...resizeByArea(row, 6, 1).data].filter((_, i) => i % 3 === 0)).toEqual([30, 30, 60, 60, 120, 120]);
  });

  it("cover takes the middle, by either kernel; lanczos is sharp's", async () => {
    const { folder } = await noise(1, 9, 5);
    for (const kernel of ["area", "lanczos"] as const) {
      const { image } = await (await openDataset("csv", folder, { size: 3, kernel })).get(0);
      expect([image.width, image.height, image.data.length]).toEqual([3, 3, 27]);
    }
    const { image } = await (await openDataset("csv", folder, { size: [4, 2], kernel: "lanczos", fit: "fill" })).get(0);
    const own = await sharp(join(folder, "0.png"))
      .resize(4, 2, { fit: "fill", kernel: "lanczos3" })
      .removeAlpha()
      .raw()
      .toBuffer();
    expect([...image.data]).toEqual([...own]);
  });

  it("grey ones and transparent ones have three channels", async () => {
    const folder = emptyFolder();
    await sharp(Uint8Array.from([10, 200]), { raw: { width: 2, height: 1, channels: 1 } }).toFile(join(folder, "grey.png"));
    await sharp(Uint8Array.from([1, 2, 3, 255]), { raw: { width: 1, height: 1, channels: 4 } }).toFile(join(folder, "clear.png"));
    writeFileSync(join(folder, "labels.csv"), "file,a\ngrey.png,0\nclear.png,1\n");
    const dataset = await openDataset("csv", folder);
    expect([...(await dataset.get(0)).image.data]).toEqual([10, 10, 10, 200, 200, 200]);
    expect([...(await dataset.get(1)).image.data]).toEqual([1, 2, 3]);
  });

  it("are in the same order however many are read ahead; a broken one is thrown when its turn comes", async () => {
    const { folder } = await noise(9, 4, 4);
    const dataset = await openDataset("csv", folder);
    onTestFinished(() => dataset.close());
    const idsWith = async (options: object) => {
      const ids: string[] = [];
      for await (const { id } of dataset.items(options)) ids.push(id);
      return ids;
    };
    const shuffled = await idsWith({ shuffle: 5 });
    expect(await idsWith({ shuffle: 5, prefetch: 1 })).toEqual(shuffled);
    expect([...shuffled].sort()).toEqual(await idsWith({ prefetch: 3 }));
    expect(await idsWith({ shuffle: 5, start: 4 })).toEqual(shuffled.slice(4));
    writeFileSync(join(folder, "6.png"), "<!DOCTYPE html><html>Not found</html>");
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { id } of dataset.items({ prefetch: 9 })) seen.push(id);
    })();
    await expect(reading).rejects.toThrow(/could not read the picture .*6\.png: an HTML page under its name/);
    expect(seen).toEqual(["0.png", "1.png", "2.png", "3.png", "4.png", "5.png"]);
  });

  it("stop by their signal", async () => {
    const { folder } = await noise(3, 2, 2);
    const stop = new AbortController();
    const items = (await openDataset("csv", folder)).items({ signal: stop.signal });
    await items.next();
    stop.abort();
    await expect(items.next()).rejects.toMatchObject({ name: "AbortError" });
  });
});

it("workAhead begins no more than it may, and waits for what it began", async () => {
  let [running, most, ended] = [0, 0, 0];
  const work = async (n: number) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 5 - n));
    running--;
    ended++;
    return n;
  };
  const seen: number[] = [];
  for await (const n of workAhead([0, 1, 2, 3, 4, 5], 3, work)) {
    seen.push(n);
    if (n === 2) break;
  }
  expect(seen).toEqual([0, 1, 2]);
  expect(most).toBeLessThanOrEqual(3);
  expect([running, ended]).toEqual([0, 6]);
});
