import type { GraphBuilder } from "@latentflow/onnx";
import type { Tensor2D, Tensor4D } from "@tensorflow/tfjs-core";

/** The part of a regressor that all its heads share, with the preprocessing it was trained behind. */
export interface Backbone {
  /** Numbers it gives for each image. */
  readonly featureCount: number;
  /** images [n, height, width, 3] in about [-1, 1] → [n, featureCount], differentiable. */
  features(images: Tensor4D): Tensor2D;
  /** Side of the only images that it takes; left out: any. */
  readonly imageSize?: number;
  /** Writes itself into an ONNX graph: images [n, 3, height, width] → [n, featureCount]. Needed for `toOnnx` only. */
  toGraph?(graph: GraphBuilder, images: string): Promise<string>;
  dispose(): void;
}
