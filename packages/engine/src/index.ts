export { type AutoModelOptions, autoModel, type EngineName } from "./auto-model.js";
export { EngineError } from "./errors.js";
export { type LoadedModel, type LoadModelOptions, loadModel, type ModelSource } from "./load-model.js";
export { BUNDLED, type BundledName, type BundledOptions, loadBundled } from "./networks/bundled.js";
export { type NetworkFiles, readNetworks } from "./networks/read-networks.js";
export type { EngineInfo, ModelParts, ModelSetup, RunningModel } from "./parts.js";
