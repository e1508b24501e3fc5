export { type AutoModelOptions, autoModel, type EngineName, type TruncationSetting } from "./auto-model.js";
export { EngineError } from "./errors.js";
export { type LoadedModel, type LoadModelOptions, loadModel, type ModelSource } from "./load-model.js";
export { BUNDLED, BUNDLED_ALIASES, type BundledName, type BundledOptions, loadBundled } from "./networks/bundled.js";
export { type GeneratorAlone, readGeneratorAlone } from "./networks/generator-alone.js";
export { type FileContents, inspectFile, type TensorEntry, type TensorGroup } from "./networks/inspect-file.js";
export {
  type EmbedderFile,
  type GeneratorFile,
  type NetworkFiles,
  type RegressorFile,
  readNetworks,
} from "./networks/read-networks.js";
export type { StyleGan2Parts } from "./networks/stylegan2-parts.js";
export type {
  CodeSource,
  EngineInfo,
  GraphGenerator,
  GraphRegressor,
  ModelParts,
  ModelSetup,
  NetworkParts,
  ReadyParts,
  RunningModel,
  TfjsParts,
} from "./parts.js";
