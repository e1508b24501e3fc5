import type { Scalar, Tensor, Tensor2D, Tensor4D } from "@tensorflow/tfjs-core";
import type { Preservation } from "./preservation.js";

/** One attribute that a regressor predicts. */
export interface Attribute {
  readonly name: string;
  /** Number of classes, at least 2. */
  readonly classes: number;
}

/** A frozen image generator, differentiable with respect to its latent code. */
export interface Generator {
  /** Width d of one latent row. */
  readonly latentDim: number;
  /** Rows of a W+ code; absent when the generator takes W only. */
  readonly rowCount?: number;
  /** w [n, d] or [n, rowCount, d] → images [n, height, width, 3], about [-1, 1], not clamped. */
  synthesize(w: Tensor): Tensor4D;
}

/** A frozen classifier of images. It owns its preprocessing: clamp, resize, normalisation. */
export interface Regressor {
  readonly attributes: readonly Attribute[];
  /** images [n, height, width, 3] in about [-1, 1] → one [n, classes] a attribute. */
  logits(images: Tensor4D): Tensor2D[];
  /** What its last layers read, the penultimate layer: images as above → [n, f]. Needed where pictures are compared as a whole. */
  features?(images: Tensor4D): Tensor2D;
}

/** A frozen network that represents an image's identity. */
export interface Embedder {
  /** images [n, height, width, 3] in [-1, 1] → [n, e], each row of length 1. */
  embed(images: Tensor4D): Tensor2D;
}

/**
 * The paper's loss (equations 4 and 5, or 9 in place of 5) as data, so that an engine can fuse it into its graph:
 * `CE(logits_k / τ, target) + λ · mean over j ≠ k of KL(softmax(original_j) ‖ softmax(logits_j / τ))`. `preservation` and `codeWeights` make others of
 * its kind.
 */
export interface LossRequest {
  /** Index k of the edited attribute. */
  readonly attributeIndex: number;
  /** Class wanted for each code: one number for all, or [n]. */
  readonly target: number | ArrayLike<number>;
  /** Logits of the start codes, one [n, classes] per attribute; they never change and are not differentiated. */
  readonly originalLogits: readonly Tensor2D[];
  /** τ, dividing the shifted side only. Paper: 4. */
  readonly temperature: number;
  /** λ. Paper: 1. */
  readonly preservationWeight: number;
  /** What the second term measures (default equation 5). */
  readonly preservation?: Preservation;
  /** How much each code counts in the first term, [n] (default 1). */
  readonly codeWeights?: ArrayLike<number>;
  /** Identity term (equation 9) in place of the KL: embeddings [n, e] of the start images. */
  readonly originalEmbeddings?: Tensor2D;
}

/** A loss of one's own: a differentiable tf function of the logits and the images; its value is the `attributeLoss` of the result. */
export type CustomLoss = (logits: Tensor2D[], images: Tensor4D) => Scalar;

/** What `AttributeModel.lossAndGradient` answers. */
export interface LossAndGradient {
  /** Equation 4, mean over the batch; a custom loss's value. */
  readonly attributeLoss: number;
  /** Equation 5 (or 9) before λ; 0 for a custom loss. */
  readonly preservationLoss: number;
  /** One [n, classes] per attribute, at w. */
  readonly logits: Tensor2D[];
  /** dL/dw of `attributeLoss + λ · preservationLoss`, shaped like w. */
  readonly gradient: Tensor;
}

/**
 * The frozen half of an edit, generator then regressor: all the cost of training and measuring. It answers with numbers and a gradient with
 * respect to w only, so it can be tfjs on any backend, an ONNX graph on a native runtime, or a worker. Who receives a tensor disposes it.
 */
export interface AttributeModel {
  readonly latentDim: number;
  readonly rowCount?: number;
  readonly attributes: readonly Attribute[];
  /** w [n, d] or [n, rowCount, d] → images [n, height, width, 3], about [-1, 1]. */
  synthesize(w: Tensor): Promise<Tensor4D>;
  /** One [n, classes] per attribute. */
  logits(w: Tensor): Promise<Tensor2D[]>;
  /**
   * `[n, f]`: what the judge's penultimate layer makes of the images, or the regressor's where the model has no judge. Absent where that network gives
   * no features.
   */
  features?(w: Tensor): Promise<Tensor2D>;
  /** `[n, e]`: what the embedder makes of the images, rows of length 1. Absent where the model has no embedder. */
  embed?(w: Tensor): Promise<Tensor2D>;
  lossAndGradient(w: Tensor, loss: LossRequest | CustomLoss): Promise<LossAndGradient>;
  dispose(): void;
}
