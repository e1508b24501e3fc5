import { readFileSync } from "node:fs";
import { renderScene, SCENE_SIZE, type SceneFactors, ScenesError } from "@latentflow/scenes";
import { describe, expect, it } from "vitest";
import { decodePng, REFERENCE_COLUMNS, REFERENCE_SCENES, tile } from "./reference/scenes.js";

const [COLOR, SHAPE, SIZE, CAMERA, BACKGROUND, HORIZONTAL, VERTICAL] = [0, 1, 2, 3, 4, 5, 6] as const;
const SOME: SceneFactors = [1, 0, 1, 1, 0, 20, 18];

function withFactor(base: SceneFactors, factor: number, value: number): SceneFactors {
  return base.map((old, i) => (i === factor ? value : old)) as unknown as SceneFactors;
}

/** Places of the pixels that differ in any channel. */
function changed(a: Uint8Array, b: Uint8Array): number[] {
  return Array.from({ length: a.length / 3 }, (_, p) => p).filter((p) => [0, 1, 2].some((c) => a[p * 3 + c] !== b[p * 3 + c]));
}

/** The object's pixels: those that its colour changes. */
function objectPixels(factors: SceneFactors): number[] {
  return changed(renderScene(withFactor(factors, COLOR, 0)), renderScene(withFactor(factors, COLOR, 3)));
}

function centre(pixels: readonly number[]): { x: number; y: number } {
  const sum = pixels.reduce((s, p) => ({ x: s.x + (p % SCENE_SIZE), y: s.y + Math.floor(p / SCENE_SIZE) }), { x: 0, y: 0 });
  return { x: sum.x / pixels.length, y: sum.y / pixels.length };
}

describe("renderScene", () => {
  it("gives the reference pictures", () => {
    const { pixels, width } = decodePng(readFileSync(new URL("./reference/scenes.png", import.meta.url)));
    expect(width).toBe(REFERENCE_COLUMNS * SCENE_SIZE);
    const images = REFERENCE_SCENES.map((factors) => renderScene(factors));
    const rendered = tile(images, REFERENCE_COLUMNS, SCENE_SIZE);
    // One level of rounding is forgiven, nothing more.
    const worst = rendered.reduce((most, value, i) => Math.max(most, Math.abs(value - (pixels[i] as number))), 0);
    expect(worst).toBeLessThanOrEqual(1);
  });

  it("gives the same bytes again, in an array of the caller's own", () => {
    const first = renderScene(SOME);
    const copy = first.slice();
    first.fill(0);
    expect(renderScene(SOME)).toEqual(copy);
  });

  it("is antialiased: 64 px equals 128 px averaged, but for the eye of a needle", () => {
    const small = renderScene(SOME);
    const large = renderScene(SOME, 128);
    let difference = 0;
    for (let y = 0; y < 64; y++) {
      for (let x = 0; x < 64; x++) {
        for (let c = 0; c < 3; c++) {
          const at = (dy: number, dx: number): number => large[((2 * y + dy) * 128 + 2 * x + dx) * 3 + c] as number;
          const mean = (at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1)) / 4;
          difference += Math.abs(mean - (small[(y * 64 + x) * 3 + c] as number));
        }
      }
    }
    expect(difference / small.length).toBeLessThan(0.5);
  });

  it("refuses factors out of range", () => {
    expect(() => renderScene(withFactor(SOME, VERTICAL, 40))).toThrow(ScenesError);
  });
});

describe("each factor changes what it should and nothing else", () => {
  it("object_color: the object alone, every colour apart from every other", () => {
    const object = new Set(objectPixels(SOME));
    expect(object.size).toBeGreaterThan(120);
    const images = [0, 1, 2, 3, 4, 5].map((color) => renderScene(withFactor(SOME, COLOR, color)));
    for (const [i, a] of images.entries()) {
      for (const b of images.slice(i + 1)) {
        const difference = changed(a, b);
        expect(difference.every((p) => object.has(p))).toBe(true);
        expect(difference.length).toBeGreaterThan(0.9 * object.size);
      }
    }
  });

  it("background_color: the wall alone, never the table or the object's inside", () => {
    const [navy, green, salmon] = [0, 1, 2].map((c) => renderScene(withFactor(SOME, BACKGROUND, c))) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    const wall = changed(navy, green);
    expect(changed(green, salmon)).toEqual(wall);
    const lowest = Math.max(...wall.map((p) => Math.floor(p / SCENE_SIZE)));
    expect(lowest).toBeLessThan(18);
    expect(wall.length).toBeGreaterThan(0.9 * (lowest + 1) * SCENE_SIZE);
    const object = new Set(objectPixels(SOME));
    expect(wall.filter((p) => object.has(p)).length).toBeLessThan(0.1 * object.size);
  });

  it.each([0, 1, 2])("camera_height %i: the wall meets the table at one row, lower for lower cameras", (camera) => {
    const scene = withFactor(SOME, CAMERA, camera);
    const wall = changed(renderScene(scene), renderScene(withFactor(scene, BACKGROUND, 1)));
    const rows = 1 + Math.max(...wall.map((p) => Math.floor(p / SCENE_SIZE)));
    expect(rows).toBe([23, 16, 9][camera]);
  });

  it("object_size: the large object covers about twice as many pixels", () => {
    const [small, large] = [0, 1].map((size) => objectPixels(withFactor(SOME, SIZE, size)).length) as [number, number];
    expect(large / small).toBeGreaterThan(1.8);
    expect(large / small).toBeLessThan(2.6);
  });

  it.each([0, 1, 2])("object_shape: outlines differ clearly, seen from camera %i", (camera) => {
    for (const size of [0, 1]) {
      const scene = withFactor(withFactor(SOME, CAMERA, camera), SIZE, size);
      const outlines = [0, 1, 2, 3, 4, 5].map((shape) => new Set(objectPixels(withFactor(scene, SHAPE, shape))));
      for (const [i, a] of outlines.entries()) {
        for (const b of outlines.slice(i + 1)) {
          const shared = [...a].filter((p) => b.has(p)).length;
          expect(shared / (a.size + b.size - shared)).toBeLessThan(0.85);
        }
      }
    }
  });

  it.each([0, 1, 2])("positions: 40 steps to the right and 40 away, seen from camera %i", (camera) => {
    const scene = withFactor(SOME, CAMERA, camera);
    const steps = Array.from({ length: 40 }, (_, i) => i);
    const across = steps.map((i) => centre(objectPixels(withFactor(scene, HORIZONTAL, i))));
    const away = steps.map((i) => centre(objectPixels(withFactor(scene, VERTICAL, i))));
    for (let i = 1; i < 40; i++) {
      expect((across[i]?.x ?? 0) - (across[i - 1]?.x ?? 0)).toBeGreaterThan(0.5);
      expect((away[i - 1]?.y ?? 0) - (away[i]?.y ?? 0)).toBeGreaterThan(0.2);
    }
    expect((across[39]?.x ?? 0) - (across[0]?.x ?? 0)).toBeGreaterThan(32);
    expect((away[0]?.y ?? 0) - (away[39]?.y ?? 0)).toBeGreaterThan(15);
  });

  it("positions: the picture outside both objects and their shadows stays", () => {
    const left = renderScene(withFactor(SOME, HORIZONTAL, 0));
    const right = renderScene(withFactor(SOME, HORIZONTAL, 39));
    const rows = changed(left, right).map((p) => Math.floor(p / SCENE_SIZE));
    // The wall above and the table in front know nothing of an object in the middle of the table.
    expect(Math.min(...rows)).toBeGreaterThan(14);
    expect(Math.max(...rows)).toBeLessThan(54);
  });

  it("keeps every object whole within the frame", () => {
    for (const camera of [0, 1, 2]) {
      for (const shape of [0, 1, 2, 3, 4, 5]) {
        for (const x of [0, 39]) {
          for (const y of [0, 39]) {
            const pixels = objectPixels([0, shape, 1, camera, 0, x, y]);
            const onBorder = (p: number): boolean =>
              [0, 63].includes(p % SCENE_SIZE) || [0, 63].includes(Math.floor(p / SCENE_SIZE));
            expect(pixels.some(onBorder)).toBe(false);
          }
        }
      }
    }
  });
});
