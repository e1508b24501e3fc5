import { SCENE_COUNT, SCENE_FACTORS, type SceneFactor, type SceneFactors, sceneFactors, sceneIndex } from "./factors.js";
import { renderScene, SCENE_SIZE } from "./render.js";

/** All scenes, by index. Nothing is stored: pictures are rendered when they are asked for. */
export interface ScenesDataset {
  /** Number of scenes, {@link SCENE_COUNT}. */
  readonly length: number;
  /** Height and width of a picture, in pixels. */
  readonly size: number;
  /** The factors, with their numbers of classes; the last one varies fastest with the index. */
  readonly attributes: readonly SceneFactor[];
  factors(index: number): SceneFactors;
  index(factors: SceneFactors): number;
  /** 8-bit RGB, `size · size · 3` bytes. */
  image(index: number): Uint8Array;
  /** Pictures one after the other: [n, size, size, 3]. For many, `renderScenes` of `@latentflow/scenes/node` uses all cores. */
  images(indices: ArrayLike<number>): Uint8Array;
  /** Classes of each factor: [n, 7]. */
  labels(indices: ArrayLike<number>): Uint8Array;
}

/** The benchmark as a data set: 1,036,800 labelled 64 px scenes. Methods throw {@link ScenesError} for an index out of range. */
export function scenesDataset(): ScenesDataset {
  const image = (index: number): Uint8Array => renderScene(sceneFactors(index));
  return {
    length: SCENE_COUNT,
    size: SCENE_SIZE,
    attributes: SCENE_FACTORS,
    factors: sceneFactors,
    index: sceneIndex,
    image,
    images: (indices) => stack(indices, SCENE_SIZE * SCENE_SIZE * 3, image),
    labels: (indices) => stack(indices, SCENE_FACTORS.length, sceneFactors),
  };
}

function stack(indices: ArrayLike<number>, length: number, row: (index: number) => ArrayLike<number>): Uint8Array {
  const result = new Uint8Array(indices.length * length);
  for (let i = 0; i < indices.length; i++) result.set(row(indices[i] as number), i * length);
  return result;
}
