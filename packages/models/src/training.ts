/** Training of regressors: `import { trainRegressor } from "@latentflow/models/training"`. */
export type { CheckpointStore } from "@latentflow/core";
export type { LabelledImages, TrainedAttribute } from "./training/data.js";
export type { HeadReport } from "./training/scores.js";
export type {
  RegressorEpoch,
  RegressorProgress,
  TrainedRegressor,
  TrainRegressorOptions,
} from "./training/settings.js";
export { trainRegressor } from "./training/train-regressor.js";
