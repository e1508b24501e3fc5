import { countScenes, factorsOfIndex, indexOfFactors, type SceneFactor } from "../factors.js";

/** The nine factors of a studio scene, with Isaac3D's numbers of classes and order: the last one varies fastest with the index. */
export const STUDIO_FACTORS = [
  { name: "object_shape", classes: 3, values: ["cube", "sphere", "cone"] },
  { name: "horizontal", classes: 8 },
  { name: "vertical", classes: 5 },
  { name: "camera_height", classes: 4, values: ["lowest", "low", "high", "highest"] },
  { name: "object_scale", classes: 4, values: ["smallest", "small", "large", "largest"] },
  { name: "lighting_intensity", classes: 4, values: ["dimmest", "dim", "bright", "brightest"] },
  {
    name: "lighting_direction",
    classes: 6,
    values: ["front right", "right", "back right", "back left", "left", "front left"],
  },
  { name: "object_color", classes: 4, values: ["red", "yellow", "green", "blue"] },
  { name: "wall_color", classes: 4, values: ["white", "terracotta", "teal", "violet"] },
] as const satisfies readonly SceneFactor[];

/** One class index per factor, in the order of {@link STUDIO_FACTORS}. */
export type StudioFactors = readonly [
  objectShape: number,
  horizontal: number,
  vertical: number,
  cameraHeight: number,
  objectScale: number,
  lightingIntensity: number,
  lightingDirection: number,
  objectColor: number,
  wallColor: number,
];

/** Number of distinct scenes: 3·8·5·4·4·4·6·4·4 = 737,280. */
export const STUDIO_COUNT = countScenes(STUDIO_FACTORS);

/** Index of a scene in factor order. Throws {@link ScenesError} if a factor is out of range. */
export function studioIndex(factors: StudioFactors): number {
  return indexOfFactors("studioIndex", STUDIO_FACTORS, factors);
}

/** Factors of the scene at `index`, an integer in [0, {@link STUDIO_COUNT}). The inverse of {@link studioIndex}. */
export function studioFactors(index: number): StudioFactors {
  return factorsOfIndex("studioFactors", STUDIO_FACTORS, index) as unknown as StudioFactors;
}
