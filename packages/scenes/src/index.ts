export { type ScenesDataset, scenesDataset } from "./dataset.js";
export { ScenesError } from "./errors.js";
export { SCENE_COUNT, SCENE_FACTORS, type SceneFactor, type SceneFactors, sceneFactors, sceneIndex } from "./factors.js";
export { type LoadOptions, loadPretrainedScenes, loadSceneRegressor, type PretrainedScenes } from "./pretrained.js";
export { renderScene, SCENE_SIZE } from "./render.js";
