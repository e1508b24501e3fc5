import { countScenes, factorsOfIndex, indexOfFactors, type SceneFactor } from "../factors.js";

/** The seven factors of a tabletop scene, in index order: the last one varies fastest, as in MPI3D. */
export const SCENE_FACTORS = [
  { name: "object_color", classes: 6, values: ["white", "red", "green", "blue", "yellow", "magenta"] },
  { name: "object_shape", classes: 6, values: ["cube", "sphere", "cylinder", "cone", "ring", "capsule"] },
  { name: "object_size", classes: 2, values: ["small", "large"] },
  { name: "camera_height", classes: 3, values: ["low", "middle", "high"] },
  { name: "background_color", classes: 3, values: ["navy", "sea green", "salmon"] },
  { name: "horizontal_axis", classes: 40 },
  { name: "vertical_axis", classes: 40 },
] as const satisfies readonly SceneFactor[];

/** One class index per factor, in the order of {@link SCENE_FACTORS}. */
export type SceneFactors = readonly [
  objectColor: number,
  objectShape: number,
  objectSize: number,
  cameraHeight: number,
  backgroundColor: number,
  horizontalAxis: number,
  verticalAxis: number,
];

/** Number of distinct scenes: 6·6·2·3·3·40·40 = 1,036,800. */
export const SCENE_COUNT = countScenes(SCENE_FACTORS);

/** Index of a scene in factor order. Throws {@link ScenesError} if a factor is out of range. */
export function sceneIndex(factors: SceneFactors): number {
  return indexOfFactors("sceneIndex", SCENE_FACTORS, factors);
}

/** Factors of the scene at `index`, an integer in [0, {@link SCENE_COUNT}). The inverse of {@link sceneIndex}. */
export function sceneFactors(index: number): SceneFactors {
  return factorsOfIndex("sceneFactors", SCENE_FACTORS, index) as unknown as SceneFactors;
}
