import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { useBackend } from "@latentflow/backend";
import { beforeAll, describe, expect, it } from "vitest";
import { cropTurned, type FaceLandmarks, faceSquare, type Point } from "../src/photos/align-face.js";
import { findFace, loadFaceDetector } from "../src/photos/find-face.js";
import { cropSquare, type Photo, readPhoto } from "../src/photos/read-photo.js";

/** A photo whose red is its column and whose green is its row. */
function ramp(width: number, height: number): Photo {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) data.set([2 * (i % width), 2 * Math.floor(i / width), 7], i * 3);
  return { width, height, data };
}

const pixel = ({ width, data }: Photo, x: number, y: number) =>
  Array.from(data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3));

describe("FFHQ's rule", () => {
  const upright: FaceLandmarks = {
    leftEye: [40, 50],
    rightEye: [60, 50],
    nose: [50, 60],
    leftMouth: [43, 72],
    rightMouth: [57, 72],
  };

  it("takes twice the eyes' distance, or 1.8 times that to the mouth, each way from a tenth below the eyes", () => {
    const { center, right, down } = faceSquare(upright);
    expect(center).toEqual([50, 50 + 0.1 * 22]);
    // The eyes' distance 20 and the way to the mouth 22: half a side is the larger of 40 and 39.6.
    expect(right[0]).toBeCloseTo(40, 10);
    expect(right[1]).toBeCloseTo(0, 10);
    expect(down[1]).toBeCloseTo(40, 10);
    const { right: long } = faceSquare({ ...upright, leftMouth: [43, 80], rightMouth: [57, 80] });
    expect(long[0]).toBeCloseTo(1.8 * 30, 10);
  });

  it("turns with the face", () => {
    const turn = ([x, y]: Point): Point => [50 - (y - 50), 50 + (x - 50)];
    const turned = Object.fromEntries(Object.entries(upright).map(([name, at]) => [name, turn(at)])) as unknown as FaceLandmarks;
    const { center, right, down } = faceSquare(turned);
    expect(center[0]).toBeCloseTo(50 - 2.2, 10);
    expect(center[1]).toBeCloseTo(50, 10);
    expect([right[0], right[1], down[0], down[1]].map((value) => Math.round(value))).toEqual([0, 40, -40, 0]);
  });
});

describe("crops", () => {
  it("a square that stands upright on pixels is those pixels; beyond the border they are mirrored", async () => {
    const photo = ramp(20, 16);
    const inside = await cropTurned(photo, { center: [10, 8], right: [4, 0], down: [0, 4] }, 8);
    expect(pixel(inside, 0, 0)).toEqual([12, 8, 7]);
    expect(pixel(inside, 7, 7)).toEqual([26, 22, 7]);
    const beyond = await cropTurned(photo, { center: [0, 8], right: [4, 0], down: [0, 4] }, 8);
    expect(pixel(beyond, 3, 0)).toEqual(pixel(beyond, 4, 0));
    expect(pixel(beyond, 0, 0)).toEqual(pixel(beyond, 7, 0));
  });

  it("a quarter turn shows columns as rows", async () => {
    const turned = await cropTurned(ramp(16, 16), { center: [8, 8], right: [0, 4], down: [-4, 0] }, 8);
    expect(pixel(turned, 0, 0)).toEqual([22, 8, 7]);
    expect(pixel(turned, 7, 0)).toEqual([22, 22, 7]);
  });

  it("the middle square of a photo, at the size asked for", async () => {
    const cropped = await cropSquare(ramp(24, 8), 8);
    expect([cropped.width, cropped.height]).toEqual([8, 8]);
    expect(pixel(cropped, 0, 0)).toEqual([16, 0, 7]);
  });

  it("a file that is no photo is named", async () => {
    await expect(readPhoto("nowhere.jpg")).rejects.toThrow(/could not read the photo nowhere.jpg/);
  });
});

const samples = new URL("../../../node_modules/@vladmandic/face-api/demo/", import.meta.url);

// An optional peer brings the networks.
describe.skipIf(!existsSync(samples))("faces (skipped where @vladmandic/face-api is not installed)", () => {
  beforeAll(() => useBackend("wasm"));

  it("the largest face is turned upright: its eyes lie level, side by side, where FFHQ has them", async () => {
    const detector = await loadFaceDetector();
    const photo = await readPhoto(fileURLToPath(new URL("sample1.jpg", samples)));
    const landmarks = await findFace(detector, photo, "sample1.jpg");
    const crop = await cropTurned(photo, faceSquare(landmarks), 256);
    const again = await findFace(detector, crop, "the crop");
    const [left, right] = [again.leftEye, again.rightEye];
    expect(Math.abs(right[1] - left[1])).toBeLessThan(12);
    expect((left[0] + right[0]) / 2).toBeGreaterThan(108);
    expect((left[0] + right[0]) / 2).toBeLessThan(148);
    expect(right[0] - left[0]).toBeGreaterThan(40);
    const empty = { width: 64, height: 64, data: new Uint8Array(64 * 64 * 3) };
    await expect(findFace(detector, empty, "empty.png")).rejects.toThrow(/a face in empty.png, found none; --crop square/);
    detector.dispose();
  });
});
