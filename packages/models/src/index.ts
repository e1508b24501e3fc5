export { ModelsError } from "./errors.js";
export type { Backbone } from "./regressor/backbone.js";
export { CnnBackbone, type CnnNames } from "./regressor/cnn-backbone.js";
export { FactorRegressor, type FactorRegressorOptions } from "./regressor/factor-regressor.js";
export type { StyleGan2Architecture } from "./stylegan2/architecture.js";
export { StyleGan2Generator, type SynthesizeOptions } from "./stylegan2/generator.js";
export type { Noise } from "./stylegan2/noise.js";
export type { NamedTensors } from "./tensors-by-name.js";
export { withTruncation } from "./truncation.js";
