import { readFileSync } from "node:fs";
import {
  renderStudio,
  ScenesError,
  STUDIO_COUNT,
  STUDIO_FACTORS,
  STUDIO_SIZE,
  type StudioFactors,
  scenesDataset,
  studioFactors,
  studioIndex,
} from "@latentflow/scenes";
import { renderScenes } from "@latentflow/scenes/node";
import { describe, expect, it } from "vitest";
import { decodePng, REFERENCE_COLUMNS, tile } from "./reference/scenes.js";
import { REFERENCE_STUDIO } from "./reference/studio.js";

const [SHAPE, HORIZONTAL, VERTICAL, CAMERA, SCALE, INTENSITY, DIRECTION, COLOR, WALL] = [0, 1, 2, 3, 4, 5, 6, 7, 8] as const;
const SOME: StudioFactors = [1, 3, 1, 1, 2, 2, 0, 0, 2];

function withFactor(base: StudioFactors, factor: number, value: number): StudioFactors {
  return base.map((old, i) => (i === factor ? value : old)) as unknown as StudioFactors;
}

/** Places of the pixels that differ in any channel. */
function changed(a: Uint8Array, b: Uint8Array): number[] {
  return Array.from({ length: a.length / 3 }, (_, p) => p).filter((p) => [0, 1, 2].some((c) => a[p * 3 + c] !== b[p * 3 + c]));
}

/** The object's pixels: those that its colour changes. */
function objectPixels(factors: StudioFactors): number[] {
  return changed(renderStudio(withFactor(factors, COLOR, 1)), renderStudio(withFactor(factors, COLOR, 3)));
}

const columns = (pixels: readonly number[]): number[] => pixels.map((p) => p % STUDIO_SIZE);
const rows = (pixels: readonly number[]): number[] => pixels.map((p) => Math.floor(p / STUDIO_SIZE));
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** Mean displayed brightness of all pixels, 0–255. */
const brightness = (pixels: Uint8Array): number => mean([...pixels]);

describe("index and factors of the studio", () => {
  it("has Isaac3D's numbers of classes in its order, and its strides", () => {
    expect(STUDIO_FACTORS.map(({ classes }) => classes)).toEqual([3, 8, 5, 4, 4, 4, 6, 4, 4]);
    expect(STUDIO_COUNT).toBe(737_280);
    const strides = STUDIO_FACTORS.map((_, k) =>
      studioIndex(STUDIO_FACTORS.map((_, i) => Number(i === k)) as unknown as StudioFactors),
    );
    expect(strides).toEqual([245_760, 30_720, 6_144, 1_536, 384, 96, 16, 4, 1]);
  });

  it("goes from index to factors and back, exactly, for every scene", () => {
    for (let index = 0; index < STUDIO_COUNT; index++) {
      if (studioIndex(studioFactors(index)) !== index) throw new Error(`scene ${index} does not come back`);
    }
  });

  it("refuses what is out of range, by name", () => {
    expect(() => studioFactors(737_280)).toThrow(ScenesError);
    expect(() => renderStudio(withFactor(SOME, DIRECTION, 6))).toThrow(/lighting_direction to be an integer in \[0, 6\), got 6/);
    expect(() => scenesDataset("garden" as "studio")).toThrow(/expected one of tabletop, studio, got "garden"/);
  });
});

describe("renderStudio", () => {
  it("gives the reference pictures", () => {
    const { pixels } = decodePng(readFileSync(new URL("./reference/studio.png", import.meta.url)));
    const images = REFERENCE_STUDIO.map((factors) => renderStudio(factors));
    const rendered = tile(images, REFERENCE_COLUMNS, STUDIO_SIZE);
    // One level of rounding is forgiven, nothing more.
    const worst = rendered.reduce((most, value, i) => Math.max(most, Math.abs(value - (pixels[i] as number))), 0);
    expect(worst).toBeLessThanOrEqual(1);
  });

  it("gives the same bytes in a data set and in worker threads", async () => {
    const dataset = scenesDataset("studio");
    const indices = [0, 4711, 400_000, STUDIO_COUNT - 1];
    const images = dataset.images(indices);
    expect(await renderScenes(indices, { scenes: "studio", workers: 1 })).toEqual(images);
    expect(images.subarray(0, 64 * 64 * 3)).toEqual(renderStudio([0, 0, 0, 0, 0, 0, 0, 0, 0]));
    expect([...dataset.labels([studioIndex(SOME)])]).toEqual([...SOME]);
  });

  it("is antialiased: 64 px equals 128 px averaged", () => {
    const small = renderStudio(SOME);
    const large = renderStudio(SOME, 128);
    let difference = 0;
    for (let i = 0; i < small.length; i++) {
      const [x, y, c] = [Math.floor(i / 3) % 64, Math.floor(i / 192), i % 3];
      const at = (dy: number, dx: number): number => large[((2 * y + dy) * 128 + 2 * x + dx) * 3 + c] as number;
      difference += Math.abs((at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1)) / 4 - (small[i] as number));
    }
    expect(difference / small.length).toBeLessThan(0.5);
  });

  it("pictures without an object are the same beside all objects: nothing is cut off at the edge of what is drawn anew", () => {
    // Along the edge of the redrawn box, a shadow that is cut would show as a step between neighbours.
    for (const direction of [0, 1, 2, 3, 4, 5]) {
      const scene = withFactor(withFactor(withFactor(SOME, DIRECTION, direction), VERTICAL, 4), SCALE, 3);
      const left = renderStudio(withFactor(scene, HORIZONTAL, 2));
      const right = renderStudio(withFactor(scene, HORIZONTAL, 5));
      const difference = (p: number): number =>
        Math.max(...[0, 1, 2].map((c) => Math.abs((left[p * 3 + c] as number) - (right[p * 3 + c] as number))));
      const different = changed(left, right);
      const all = new Set(different);
      const edge = different.filter((p) => p % STUDIO_SIZE > 0 && !all.has(p - 1) && difference(p) > 24);
      const object = new Set([
        ...objectPixels(withFactor(scene, HORIZONTAL, 2)),
        ...objectPixels(withFactor(scene, HORIZONTAL, 5)),
      ]);
      expect(edge.filter((p) => !object.has(p))).toEqual([]);
    }
  });
});

describe("each factor of the studio changes what it should", () => {
  it("object_color: the object alone; every colour apart from every other", () => {
    const object = new Set(objectPixels(SOME));
    const images = [0, 1, 2, 3].map((color) => renderStudio(withFactor(SOME, COLOR, color)));
    for (const [i, a] of images.entries()) {
      for (const b of images.slice(i + 1)) {
        const difference = changed(a, b);
        expect(difference.every((p) => object.has(p))).toBe(true);
        expect(difference.length).toBeGreaterThan(0.9 * object.size);
      }
    }
  });

  it("wall_color: the wall alone, above one row that is lower for lower cameras", () => {
    const horizons = [0, 1, 2, 3].map((camera) => {
      const scene = withFactor(SOME, CAMERA, camera);
      const wall = changed(renderStudio(scene), renderStudio(withFactor(scene, WALL, 1)));
      const object = new Set(objectPixels(scene));
      expect(wall.filter((p) => object.has(p)).length).toBeLessThan(0.15 * object.size);
      return 1 + Math.max(...rows(wall));
    });
    for (const [i, row] of horizons.slice(1).entries()) expect(row).toBeLessThan((horizons[i] as number) - 3);
  });

  it("object_scale: from a quarter to a half of the picture's width", () => {
    const widths = [0, 1, 2, 3].map((scale) => new Set(columns(objectPixels(withFactor(SOME, SCALE, scale)))).size / STUDIO_SIZE);
    expect(widths[0]).toBeGreaterThan(0.22);
    expect(widths[3]).toBeLessThan(0.55);
    for (const [i, width] of widths.slice(1).entries()) expect(width / (widths[i] as number)).toBeGreaterThan(1.15);
  });

  it.each([0, 1, 2, 3])("object_shape: outlines differ clearly, seen from camera %i", (camera) => {
    const outlines = [0, 1, 2].map((shape) => new Set(objectPixels(withFactor(withFactor(SOME, CAMERA, camera), SHAPE, shape))));
    for (const [i, a] of outlines.entries()) {
      for (const b of outlines.slice(i + 1)) {
        const shared = [...a].filter((p) => b.has(p)).length;
        expect(shared / (a.size + b.size - shared)).toBeLessThan(0.85);
      }
    }
  });

  it.each([0, 1, 2, 3])("horizontal and vertical: eight steps to the right, five up, seen from camera %i", (camera) => {
    const scene = withFactor(SOME, CAMERA, camera);
    const across = Array.from({ length: 8 }, (_, i) => mean(columns(objectPixels(withFactor(scene, HORIZONTAL, i)))));
    const up = Array.from({ length: 5 }, (_, i) => mean(rows(objectPixels(withFactor(scene, VERTICAL, i)))));
    for (const [i, x] of across.slice(1).entries()) expect(x - (across[i] as number)).toBeGreaterThan(3);
    for (const [i, y] of up.slice(1).entries()) expect((up[i] as number) - y).toBeGreaterThan(2.5);
  });

  it("lighting_intensity: everything gets brighter", () => {
    const levels = [0, 1, 2, 3].map((intensity) => brightness(renderStudio(withFactor(SOME, INTENSITY, intensity))));
    for (const [i, level] of levels.slice(1).entries()) expect(level / (levels[i] as number)).toBeGreaterThan(1.12);
  });

  it("lighting_direction: the bright side and the shadow change sides", () => {
    const object = objectPixels(SOME);
    const half = (image: Uint8Array, right: boolean): number =>
      mean(object.filter((p) => p % STUDIO_SIZE > mean(columns(object)) === right).map((p) => image[p * 3] as number));
    const fromRight = renderStudio(withFactor(SOME, DIRECTION, 1));
    const fromLeft = renderStudio(withFactor(SOME, DIRECTION, 4));
    expect(half(fromRight, true) - half(fromRight, false)).toBeGreaterThan(20);
    expect(half(fromLeft, false) - half(fromLeft, true)).toBeGreaterThan(20);
  });

  it("keeps every object whole within the frame", () => {
    for (const camera of [0, 1, 2, 3]) {
      for (const shape of [0, 1, 2]) {
        for (const x of [0, 7]) {
          for (const y of [0, 4]) {
            const pixels = objectPixels([shape, x, y, camera, 3, 2, 0, 0, 0]);
            const onBorder = (p: number): boolean =>
              [0, 63].includes(p % STUDIO_SIZE) || [0, 63].includes(Math.floor(p / STUDIO_SIZE));
            expect(pixels.some(onBorder), `camera ${camera}, shape ${shape}, at ${x}, ${y}`).toBe(false);
          }
        }
      }
    }
  });
});
