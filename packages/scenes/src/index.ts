export type { LoadOptions } from "./data-files.js";
export {
  loadPretrainedScenes,
  loadSceneGenerator,
  loadSceneJudge,
  loadSceneRegressor,
  type PretrainedScenes,
} from "./pretrained.js";
export * from "./render.js";
