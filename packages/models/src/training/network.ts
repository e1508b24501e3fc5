import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import type { StateDict } from "./parameters.js";

/** What a forward pass in training gives besides: of each batch normalisation the batch's mean and variance (unbiased). */
export type BatchStatistics = ReadonlyMap<string, { readonly mean: Tensor; readonly variance: Tensor }>;

/** A network that can be trained. Its layers are found in `parameters` by PyTorch's names. */
export interface TrainableNetwork {
  /** Weights that are trained, as they start. */
  readonly parameters: StateDict;
  /** What is kept beside them: running means and variances. */
  readonly buffers: StateDict;
  /** Inputs (pictures [n, height, width, 3], or rows of features) → all logits side by side [n, all classes]. */
  forward(inputs: Tensor, parameters: ReadonlyMap<string, Tensor>, buffers: ReadonlyMap<string, Tensor> | null): Forward;
}

export interface Forward {
  readonly logits: Tensor2D;
  /** Only in training, where batches are normalised by themselves. */
  readonly statistics: BatchStatistics;
}
