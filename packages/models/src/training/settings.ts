import {
  type CheckpointStore,
  type DeclaredOptions,
  describeValue,
  type GivenOptions,
  isCheckpointStore,
  isFunction,
  isList,
  type OptionValues,
  type SeededRandom,
  SIGNAL,
} from "@latentflow/core";
import type { Tensor4D } from "@tensorflow/tfjs-core";
import { ModelsError } from "../errors.js";
import { FactorRegressor } from "../regressor/factor-regressor.js";
import type { LabelledImages, TrainedAttribute } from "./data.js";
import type { HeadReport } from "./scores.js";

/** How an epoch went. */
export interface RegressorEpoch {
  /** From 1. */
  readonly epoch: number;
  /** Mean over the epoch's batches, classes weighted as in training. */
  readonly trainLoss: number;
  readonly validationLoss: number;
  /** On validation, mean over attributes, and of each. */
  readonly accuracy: number;
  readonly accuracies: readonly number[];
}

/** Where training is. */
export interface RegressorProgress {
  /** Pictures whose features are computed (`frozen` alone), batches trained on, or pictures judged. */
  readonly phase: "features" | "train" | "validate";
  readonly epoch: number;
  readonly done: number;
  readonly total: number;
  readonly loss?: number;
}

export interface TrainedRegressor {
  /** Of the best epoch; the caller disposes it. `toSafetensors()` is its file. */
  readonly regressor: FactorRegressor;
  readonly epochs: readonly RegressorEpoch[];
  /** From 1: the one whose weights these are. */
  readonly bestEpoch: number;
  /** Of these weights on validation. */
  readonly heads: readonly HeadReport[];
}

type Weights = "none" | "balanced" | readonly (readonly number[])[];
const isImages = (value: unknown): value is LabelledImages => typeof value === "object" && value !== null && "read" in value;

export const TRAINING = {
  /**
   * "cnn": the paper's for MPI3D, 64 pixels; "resnet18-cifar": for Isaac3D; "frozen": a ResNet that stays as it is, with heads of depth two, for photos.
   */
  network: { choices: ["cnn", "resnet18-cifar", "frozen"] },
  /** Of "frozen": a ResNet of ImageNet, as `FactorRegressor.fromTorch` reads torchvision's file. */
  backbone: {
    optional: true,
    is: (value: unknown): value is FactorRegressor => value instanceof FactorRegressor,
    expected: "a FactorRegressor",
  },
  attributes: { is: isList<TrainedAttribute>, expected: "an array of { name, classes }" },
  train: { is: isImages, expected: "labelled images" },
  /** Pictures that are never trained on: the best epoch is told by them. */
  validation: { is: isImages, expected: "labelled images" },
  /** At most. Default 10. */
  epochs: { default: 10, integer: true, min: 1 },
  /** Epochs without a better mean accuracy on validation (at the same, loss) after which it stops. Default 3. */
  patience: { default: 3, integer: true, min: 1 },
  /** Default 64. */
  batchSize: { default: 64, integer: true, min: 1 },
  /** Of Adam. Default 1e-3. */
  learningRate: { default: 1e-3, above: 0 },
  /** "balanced": pictures / (classes · pictures of the class), as scikit-learn; or a weight of each class of each attribute. Default "none". */
  classWeights: {
    default: "none" as Weights,
    is: (value: unknown): value is Weights =>
      value === "none" || value === "balanced" || (Array.isArray(value) && value.every((row) => Array.isArray(row))),
    expected: '"none", "balanced", or a list of weights for each attribute',
  },
  /** Makes other pictures of a batch [n, height, width, 3] that have the same classes; every random choice from `random`, for runs to be the same. */
  augment: { optional: true, is: isFunction<(images: Tensor4D, random: SeededRandom) => Tensor4D>, expected: "a function" },
  /** Numbers of the layer in front of the heads: default 256 of "cnn", 512 of "frozen". Of "resnet18-cifar", channels of the first layer: default 64. */
  width: { optional: true, integer: true, min: 1, max: 4096 },
  /** Default 0. */
  seed: { default: 0, integer: true, min: 0, max: 2 ** 30 },
  /** Where the state is kept: a run that was interrupted goes on from it, to the same bits. */
  checkpoint: { optional: true, is: isCheckpointStore, expected: "{ read, write }" },
  /** Batches between two checkpoints, besides those at each epoch's end. Default 200. */
  checkpointEvery: { default: 200, integer: true, min: 1 },
  /** Of "frozen": where features are kept, train's and validation's, for other runs to be spared them. */
  features: {
    optional: true,
    is: (value: unknown): value is { train: CheckpointStore; validation: CheckpointStore } =>
      isCheckpointStore((value as { train?: unknown } | null)?.train) &&
      isCheckpointStore((value as { validation?: unknown }).validation),
    expected: "{ train, validation }, each { read, write }",
  },
  /** Of "frozen": what computes features and trains the heads. Default: ONNX Runtime where onnxruntime-node is, else tfjs. */
  engine: { default: "auto", choices: ["auto", "onnx", "tfjs"] },
  onProgress: { optional: true, is: isFunction<(progress: RegressorProgress) => void>, expected: "a function" },
  signal: SIGNAL,
} as const satisfies DeclaredOptions;

/** What was asked for, checked, with defaults. */
export type TrainingSettings = OptionValues<typeof TRAINING>;

/** Options of `trainRegressor`. */
export interface TrainRegressorOptions extends GivenOptions<typeof TRAINING> {}

/** Throws unless each attribute has a name and two classes or more. */
export function checkAttributes(caller: string, attributes: readonly TrainedAttribute[]): void {
  const isRight = (one: TrainedAttribute | null) =>
    typeof one?.name === "string" && Number.isInteger(one.classes) && one.classes >= 2;
  const wrong = attributes.findIndex((one) => !isRight(one));
  if (attributes.length > 0 && wrong < 0) return;
  const got = attributes.length === 0 ? "none" : `${describeValue(attributes[wrong])} at ${wrong}`;
  throw new ModelsError(`${caller}: expected attributes { name, classes } with two classes or more, got ${got}.`);
}

/** Weights of classes as numbers; null where all count the same. */
export function weightsOf(
  caller: string,
  given: Weights,
  counts: readonly Int32Array[],
  attributes: readonly TrainedAttribute[],
): Float32Array[] | null {
  if (given === "none") return null;
  if (given === "balanced")
    return counts.map((count) => {
      const all = count.reduce((sum, n) => sum + n, 0);
      return Float32Array.from(count, (n) => (n === 0 ? 0 : all / (count.length * n)));
    });
  const fits =
    given.length === attributes.length &&
    given.every((row, k) => row.length === attributes[k]!.classes && row.every((w) => Number.isFinite(w) && w >= 0));
  if (!fits)
    throw new ModelsError(
      `${caller}: expected classWeights with a number ≥ 0 for each class of each attribute, got ${describeValue(given)}.`,
    );
  return given.map((row) => Float32Array.from(row));
}
