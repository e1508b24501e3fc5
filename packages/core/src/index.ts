export { AbortError, nextMacrotask, throwIfAborted } from "./abort.js";
export { argmax } from "./argmax.js";
export type {
  Attribute,
  AttributeModel,
  CustomLoss,
  Embedder,
  Generator,
  LossAndGradient,
  LossRequest,
  Regressor,
} from "./attribute-model.js";
export { ATTRIBUTE_LISTS, type AttributeList, attributeNames } from "./attribute-names/index.js";
export { type CheckpointStore, isCheckpointStore } from "./checkpoint-store.js";
export { type Codes, toCodeNumbers } from "./codes.js";
export {
  type DeclaredOptions,
  type GivenOptions,
  isFunction,
  isGiven,
  isList,
  type OptionValues,
  readOptions,
  SIGNAL,
} from "./declared-options.js";
export { CoreError, describeValue, LatentflowError } from "./errors.js";
export { folderAddress } from "./folder-address.js";
export { type Matrix, type MatrixLike, type Numbers, toMatrix, toNumbers } from "./matrix.js";
export {
  checkChoice,
  checkNumber,
  checkOptions,
  checkRequired,
  checkTensor,
  describeChoice,
  describeLimits,
  describeUnknown,
  type NumberLimits,
} from "./options.js";
export {
  type CompletePreservation,
  completeCodeWeights,
  completePreservation,
  DIVERGENCES,
  type Divergence,
  type Preservation,
} from "./preservation.js";
export { type RandomState, SeededRandom } from "./random.js";
export { checkBackend, isTensor, type Tensor } from "./tensor.js";
