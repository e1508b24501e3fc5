import { useBackend } from "@latentflow/backend";
import { SeededRandom } from "@latentflow/core";
import { project } from "@latentflow/models";
import { argMax, slice, type Tensor4D, tensor4d, tidy } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { loadPretrainedScenes, type PretrainedScenes, renderScene, SCENE_COUNT, SCENE_SIZE, sceneFactors } from "../src/index.js";

let scenes: PretrainedScenes;
beforeAll(async () => {
  await useBackend("wasm");
  scenes = await loadPretrainedScenes();
});

const IMAGES = 50;
const SETTINGS = { space: "w+", steps: 500, candidates: 1000 } as const;
/** The factors with few classes: color, shape, size, camera and background. */
const SMALL = [0, 1, 2, 3, 4];

function classes(images: Tensor4D): number[][] {
  return tidy(() => scenes.regressor.logits(images).map((logits) => Array.from(argMax(logits, 1).dataSync())));
}

/** Part of the images for which all five small factors are read alike. */
function agreement(a: Tensor4D, b: Tensor4D): number {
  const [first, second] = [classes(a), classes(b)];
  const equal = SMALL.map((k) => first[k]!.map((value, i) => value === second[k]![i]));
  const all = Array.from({ length: a.shape[0] }, (_, i) => equal.every((factor) => factor[i]));
  return all.filter(Boolean).length / all.length;
}

const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Images projected at once; each batch is a test of its own, as slow machines take long. */
const BATCH = 10;
const batches = Array.from({ length: IMAGES / BATCH }, (_, k) => k * BATCH);

/** Collects what batches of targets come to. */
class Collected {
  readonly found: number[] = [];
  readonly start: number[] = [];
  private alike = 0;

  async add(targets: Tensor4D): Promise<void> {
    const projection = await project(targets, scenes.generator, SETTINGS);
    this.found.push(...projection.distances);
    this.start.push(...projection.startDistances);
    this.alike += agreement(targets, projection.images) * targets.shape[0];
    projection.dispose();
    targets.dispose();
    console.log(`${this.found.length} images: distance ${this.ratio}, small factors ${this.agreement}`);
  }

  get ratio(): number {
    return average(this.found) / average(this.start);
  }

  get agreement(): number {
    return this.alike / this.found.length;
  }
}

describe("projection of the generator's own images", () => {
  const all = new Collected();
  it.each(batches)("images from %i on", async (first) => {
    const codes = scenes.generator.sample(IMAGES, { seed: 12345 });
    await all.add(tidy(() => scenes.generator.synthesize(slice(codes, [first, 0], [BATCH, codes.shape[1]]))));
    codes.dispose();
  });
  it("brings the mean distance to 5 % of its start, and all five small factors are read alike in 90 %", () => {
    expect(all.found).toHaveLength(IMAGES);
    expect(all.ratio).toBeLessThanOrEqual(0.05);
    expect(all.agreement).toBeGreaterThanOrEqual(0.9);
  });
});

describe("projection of rendered scenes, which the generator never made", () => {
  const all = new Collected();
  it.each(batches)("scenes from %i on", async (first) => {
    const random = new SeededRandom(first);
    const pictures = Array.from({ length: BATCH }, () => renderScene(sceneFactors(random.integer(0, SCENE_COUNT - 1))));
    const values = pictures.flatMap((picture) => Array.from(picture, (value) => value / 127.5 - 1));
    await all.add(tensor4d(values, [BATCH, SCENE_SIZE, SCENE_SIZE, 3]));
  });
  it("comes as near as the generator can follow", () => {
    expect(all.found).toHaveLength(IMAGES);
    expect(all.ratio).toBeLessThanOrEqual(0.1);
  });
});
