/** What browsers are given: everything but the pipeline, which needs Node. Each name is explained where it comes from. */
export { type BackendInfo, currentBackend, useBackend } from "@latentflow/backend";
export {
  AbortError,
  type AttributeModel,
  type Embedder,
  type Generator,
  LatentflowError,
  type Regressor,
  SeededRandom,
} from "@latentflow/core";
export {
  autoModel,
  type EngineInfo,
  type EngineName,
  type LoadedModel,
  type LoadModelOptions,
  loadModel,
  type ModelParts,
  type ModelSource,
} from "@latentflow/engine";
export {
  compose,
  type Direction,
  edit,
  editUntil,
  fitInterFaceGan,
  ganSpace,
  LinearDirection,
  labelsAlong,
  loadDirection,
  NeuralOdeDirection,
  saveDirection,
  seFa,
  type TrainOptions,
  tfjsModel,
  trainDirection,
} from "@latentflow/latent-edit";
export { areaUnderCdCurve, bootstrapAreas, cdCurve, firstFlips, pathStraightness, singularEntropy } from "@latentflow/metrics";
export { FactorRegressor, StyleGan2Generator } from "@latentflow/models";
export { odeint, odeintAdjoint, odeintEvent, solve } from "@latentflow/ode";
export { onnxModel } from "@latentflow/onnx";
export { loadPretrainedScenes, renderScene, renderStudio, scenesDataset } from "@latentflow/scenes";
