/** The scenes without their networks, and so without tfjs: `import { renderScene } from "@latentflow/scenes/render"`. */
export { type SceneSetName, type ScenesDataset, scenesDataset } from "./dataset.js";
export { ScenesError } from "./errors.js";
export type { SceneFactor } from "./factors.js";
export { STUDIO_COUNT, STUDIO_FACTORS, type StudioFactors, studioFactors, studioIndex } from "./studio/factors.js";
export { renderStudio, STUDIO_SIZE } from "./studio/render.js";
export { SCENE_COUNT, SCENE_FACTORS, type SceneFactors, sceneFactors, sceneIndex } from "./tabletop/factors.js";
export { renderScene, SCENE_SIZE } from "./tabletop/render.js";
