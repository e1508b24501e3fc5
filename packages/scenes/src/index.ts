export { type LoadOptions, loadPretrainedScenes, loadSceneRegressor, type PretrainedScenes } from "./pretrained.js";
export * from "./render.js";
