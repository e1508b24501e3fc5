import { useBackend } from "@latentflow/backend";
import { loadPretrainedScenes, type PretrainedScenes, scenesDataset } from "@latentflow/scenes";
import { abs, argMax, max, mean, memory, slice, sub, type Tensor2D, tidy } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import studio from "./reference/studio.json" with { type: "json" };
import tabletop from "./reference/tabletop.json" with { type: "json" };

const SHIPPED = [
  { name: "tabletop", latent: 64, reference: tabletop },
  { name: "studio", latent: 96, reference: studio },
] as const;

describe.each(SHIPPED)("the networks of the $name in the package", ({ name, latent, reference }) => {
  const factors = scenesDataset(name).attributes;
  let scenes: PretrainedScenes;
  let tensorsBefore: number;

  beforeAll(async () => {
    await useBackend("wasm");
    tensorsBefore = memory().numTensors;
    scenes = await loadPretrainedScenes(name);
  });
  afterAll(() => {
    scenes.dispose();
    expect(memory().numTensors).toBe(tensorsBefore);
  });

  /** The stored labels of one factor. */
  const stored = (k: number): Uint8Array => scenes.labels.data.filter((_, i) => i % factors.length === k);

  it("are a 64 px generator, a regressor of all factors, and 20,000 labelled codes", () => {
    const { generator, attributes, meanLatent, codes, labels } = scenes;
    expect([generator.architecture.resolution, generator.latentDim, generator.rowCount]).toEqual([64, latent, 10]);
    expect(attributes).toEqual(factors.map(({ name, classes }) => ({ name, classes })));
    expect([meanLatent.shape, codes.shape, labels.shape]).toEqual([[latent], [20_000, latent], [20_000, factors.length]]);
  });

  it("map codes and synthesize as PyTorch does", () => {
    tidy(() => {
      const w = slice(scenes.codes, 0, 2) as Tensor2D;
      expectNear(w.dataSync(), reference.w, 1e-3);
      const images = scenes.generator.synthesize(w).arraySync();
      const pixels = images.flatMap((image) =>
        image.filter((_, y) => y % 8 === 0).flatMap((row) => row.filter((_, x) => x % 8 === 0)),
      );
      expectNear(pixels.flat(), reference.pixels, 2e-3);
    });
  });

  it("have a mean latent that is the codes' mean", () => {
    const distance = tidy(() => max(abs(sub(mean(scenes.codes, 0), scenes.meanLatent))).dataSync()[0]);
    expect(distance).toBeLessThan(1e-3);
  });

  it("agree about the codes' labels", () => {
    const count = 48;
    const labels = tidy(() => {
      const images = scenes.generator.synthesize(slice(scenes.codes, 0, count) as Tensor2D);
      return scenes.regressor.logits(images).map((logits) => argMax(logits, 1).dataSync());
    });
    const same = labels.flatMap((classes, k) =>
      Array.from(classes, (c, i) => Number(c === scenes.labels.data[i * factors.length + k])),
    );
    // A picture between two classes may fall to either side by rounding.
    expect(same.reduce((a, b) => a + b) / same.length).toBeGreaterThan(0.98);
  });

  it("show every class of every factor", () => {
    factors.forEach(({ name, classes }, k) => {
      expect(
        [...new Set(stored(k))].sort((a, b) => a - b),
        name,
      ).toEqual(Array.from({ length: classes }, (_, c) => c));
    });
  });
});

function expectNear(got: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  expect(got.length).toBe(expected.length);
  const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - (got[i] as number))), 0);
  expect(worst).toBeLessThan(tolerance);
}
