import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NpzFile } from "@latentflow/checkpoints";
import { AbortError } from "@latentflow/core";
import { ScenesError, scenesDataset } from "@latentflow/scenes";
import { exportScenesNpz, renderScenes } from "@latentflow/scenes/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const dataset = scenesDataset();
const indices = Array.from({ length: 150 }, (_, i) => (i * 7_919_113) % dataset.length);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "latentflow-scenes-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("scenesDataset", () => {
  it("stacks images and labels by index", () => {
    const few = indices.slice(0, 3);
    const images = dataset.images(few);
    const labels = dataset.labels(few);
    few.forEach((index, i) => {
      expect(images.subarray(i * 12_288, (i + 1) * 12_288)).toEqual(dataset.image(index));
      expect([...labels.subarray(i * 7, (i + 1) * 7)]).toEqual([...dataset.factors(index)]);
      expect(dataset.index(dataset.factors(index))).toBe(index);
    });
  });
});

describe("rendering on worker threads", () => {
  it("gives the same bytes as one thread, in order, and reports progress", async () => {
    const progress: number[] = [];
    const images = await renderScenes(indices, { workers: 2, onProgress: (done) => progress.push(done) });
    expect(Buffer.compare(images, dataset.images(indices))).toBe(0);
    expect(progress).toEqual([64, 128, 150]);
  });

  it("takes an empty list", async () => {
    expect(await renderScenes([])).toHaveLength(0);
  });

  it("refuses an index out of range and options it does not know", async () => {
    await expect(renderScenes([dataset.length])).rejects.toThrow(ScenesError);
    await expect(renderScenes([0], { worker: 2 } as object)).rejects.toThrow(/did you mean "workers"/);
    await expect(renderScenes([0], { workers: 0 })).rejects.toThrow(ScenesError);
  });

  it("stops when it is told to", async () => {
    const controller = new AbortController();
    const rendering = renderScenes(indices, { signal: controller.signal, onProgress: () => controller.abort() });
    await expect(rendering).rejects.toThrow(AbortError);
  });
});

describe("npz export", () => {
  it("writes images, labels and indices that a NumPy reader reads back", async () => {
    const path = join(folder, "scenes.npz");
    await exportScenesNpz(path, { indices, workers: 2 });
    const file = await NpzFile.open(path);
    const read = async (name: string) => (await file.read(name)) as { shape: readonly number[]; data: ArrayLike<number> };
    const images = await read("images");
    expect(images.shape).toEqual([150, 64, 64, 3]);
    expect(Buffer.compare(Buffer.from(images.data as Uint8Array), dataset.images(indices))).toBe(0);
    const labels = await read("labels");
    expect(labels.shape).toEqual([150, 7]);
    expect(Array.from(labels.data)).toEqual([...dataset.labels(indices)]);
    expect(Array.from((await read("indices")).data)).toEqual(indices);
    await file.close();
  });

  it("leaves nothing behind when it is aborted", async () => {
    const controller = new AbortController();
    const path = join(folder, "aborted.npz");
    const exporting = exportScenesNpz(path, { indices, signal: controller.signal, onProgress: () => controller.abort() });
    await expect(exporting).rejects.toThrow(AbortError);
    expect((await readdir(folder)).filter((name) => name.includes("aborted"))).toEqual([]);
  });
});
