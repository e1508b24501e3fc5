export { OnnxError } from "./errors.js";
export { cotangentName, type DifferentiateOptions, differentiate, gradientName } from "./gradients/differentiate.js";
export { GraphBuilder, type GraphBuilderOptions } from "./graph/builder.js";
export type { DataType, TensorData } from "./graph/data-types.js";
export {
  type Attributes,
  type AttributeValue,
  type Dim,
  floats,
  integers,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type ValueInfo,
} from "./graph/model.js";
export { raiseOpset } from "./graph/raise-opset.js";
export { type OnnxFile, openOnnx } from "./io/open.js";
export { type ReadOnnxOptions, readOnnx } from "./io/read.js";
export type { ExternalData } from "./io/tensor-proto.js";
export { type OnnxFiles, type WriteOnnxOptions, writeOnnx, writeOnnxFiles } from "./io/write.js";
export { type HeadSpec, type Heads, type HeadsOptions, type ScaleAttribute, withHeads } from "./networks/heads.js";
export { type ImagesOutput, imagesOutput, sideLengths } from "./networks/images.js";
export { type SplitGenerator, splitMapping } from "./networks/mapping.js";
export { areaWeights, type ImageSize, RESIZES, type Resize, withResize } from "./networks/resize.js";
export { OnnxAttributeModel } from "./onnx-attribute-model.js";
export { type OnnxExportable, type OnnxModelOptions, type OnnxSource, onnxModel } from "./onnx-model.js";
export { OnnxSession, type OnnxSessionOptions } from "./session/onnx-session.js";
export { hasNativeRuntime, type Provider, type RuntimeName } from "./session/runtime.js";
export { tuneConvolutions } from "./session/tune.js";
export { foldConstants } from "./shapes/fold.js";
export { type InferOptions, inferShapes, type ValueFacts } from "./shapes/infer.js";
