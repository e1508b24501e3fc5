import { ScenesError } from "./errors.js";

/** The seven factors of a scene, in index order: the last one varies fastest, as in MPI3D. */
export const SCENE_FACTORS = [
  { name: "object_color", classes: 6, values: ["white", "red", "green", "blue", "yellow", "magenta"] },
  { name: "object_shape", classes: 6, values: ["cube", "sphere", "cylinder", "cone", "ring", "capsule"] },
  { name: "object_size", classes: 2, values: ["small", "large"] },
  { name: "camera_height", classes: 3, values: ["low", "middle", "high"] },
  { name: "background_color", classes: 3, values: ["navy", "sea green", "salmon"] },
  { name: "horizontal_axis", classes: 40 },
  { name: "vertical_axis", classes: 40 },
] as const satisfies readonly SceneFactor[];

/** One factor of variation; `values` names its classes where they have names. */
export interface SceneFactor {
  readonly name: string;
  readonly classes: number;
  readonly values?: readonly string[];
}

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
export const SCENE_COUNT = SCENE_FACTORS.reduce((product, factor) => product * factor.classes, 1);

/** Index of a scene in factor order. Throws {@link ScenesError} if a factor is out of range. */
export function sceneIndex(factors: SceneFactors): number {
  checkFactors("sceneIndex", factors);
  return SCENE_FACTORS.reduce((index, factor, i) => index * factor.classes + (factors[i] as number), 0);
}

/** Factors of the scene at `index`, an integer in [0, {@link SCENE_COUNT}). The inverse of {@link sceneIndex}. */
export function sceneFactors(index: number): SceneFactors {
  if (!Number.isInteger(index) || index < 0 || index >= SCENE_COUNT) {
    throw new ScenesError(`sceneFactors: expected an integer index in [0, ${SCENE_COUNT}), got ${index}`);
  }
  const factors = new Array<number>(SCENE_FACTORS.length);
  let rest = index;
  for (let i = SCENE_FACTORS.length - 1; i >= 0; i--) {
    const { classes } = SCENE_FACTORS[i] as SceneFactor;
    factors[i] = rest % classes;
    rest = Math.floor(rest / classes);
  }
  return factors as unknown as SceneFactors;
}

/** Throws {@link ScenesError} unless there is one in-range class index per factor. */
export function checkFactors(caller: string, factors: readonly number[]): void {
  if (factors.length !== SCENE_FACTORS.length) {
    throw new ScenesError(`${caller}: expected ${SCENE_FACTORS.length} factors (see SCENE_FACTORS), got ${factors.length}`);
  }
  SCENE_FACTORS.forEach(({ name, classes }, i) => {
    const value = factors[i] as number;
    if (!Number.isInteger(value) || value < 0 || value >= classes) {
      throw new ScenesError(`${caller}: expected ${name} to be an integer in [0, ${classes}), got ${value}`);
    }
  });
}
