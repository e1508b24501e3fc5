import { type CheckpointSource, readSafetensors, readTorch, stateDict } from "@latentflow/checkpoints";
import { type Attribute, checkBackend, checkOptions, checkTensor, describeValue, type Regressor } from "@latentflow/core";
import type { OnnxModel } from "@latentflow/onnx";
import {
  add,
  keep,
  matMul,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
  tensor1d,
  tensor2d,
  tidy,
  transpose,
} from "@tensorflow/tfjs-core";
import { checkAlive } from "../disposed.js";
import { ModelsError } from "../errors.js";
import { checkTensors, countOf, floatsOf, type NamedTensors } from "../tensors-by-name.js";
import type { Backbone } from "./backbone.js";
import { CnnBackbone, cnnShapes } from "./cnn-backbone.js";
import { regressorToOnnx } from "./to-onnx.js";

export interface FactorRegressorOptions {
  /** Names of the attributes, one a head, in order. Default: "attribute 0", "attribute 1", … */
  readonly attributes?: readonly string[];
}

/** A linear layer that gives one attribute's logits. */
interface Head {
  /** [features, classes] */
  readonly weight: Tensor2D;
  readonly bias: Tensor1D;
}

/** Where different trainers keep the same network. */
const LAYOUTS = [
  // The paper's released code
  { convolutions: [0, 2, 4, 6].map((i) => `backbone.0.encoder.${i}`), linear: "backbone.2", heads: "classification_heads" },
  // One flat sequence: convolutions with ReLU, flatten, linear
  { convolutions: [0, 2, 4, 6].map((i) => `backbone.${i}`), linear: "backbone.9", heads: "heads" },
];

/** Weights that the released code saves and never uses. */
const isUnused = (name: string) => name.startsWith("continuous_head.");

/** A frozen classifier with one linear head for each attribute on a shared backbone. */
export class FactorRegressor implements Regressor {
  readonly attributes: readonly Attribute[];
  private readonly heads: readonly Head[];
  private disposed = false;

  /**
   * @param backbone what the heads read; the regressor disposes it
   * @param heads for each attribute, PyTorch's weight [classes, features] and bias [classes]
   */
  constructor(
    private readonly backbone: Backbone,
    heads: readonly { weight: Float32Array; bias: Float32Array }[],
    options: FactorRegressorOptions = {},
  ) {
    checkOptions("FactorRegressor", options, ["attributes"], ModelsError);
    checkParts(backbone, heads);
    checkBackend("FactorRegressor", ModelsError);
    if (options.attributes !== undefined && !isListOfNames(options.attributes)) {
      throw new ModelsError(
        `FactorRegressor: expected attributes to be an array of names, got ${describeValue(options.attributes)}.`,
      );
    }
    const names = options.attributes ?? heads.map((_, k) => `attribute ${k}`);
    if (names.length !== heads.length) {
      throw new ModelsError(`FactorRegressor: expected ${heads.length} attribute names, one a head, got ${names.length}.`);
    }
    this.attributes = names.map((name, k) => ({ name, classes: heads[k]!.bias.length }));
    this.heads = heads.map(({ weight, bias }) => ({
      weight: keep(tidy(() => transpose(tensor2d(weight, [bias.length, backbone.featureCount])))),
      bias: keep(tensor1d(bias)),
    }));
  }

  /**
   * A PyTorch file with the paper's CNN regressor: {"model_state_dict"} as the released code saves it, or a bare state dict.
   *
   * @throws CheckpointError for a file that can't be read, ModelsError for one that holds another network
   */
  static async fromTorch(source: CheckpointSource, options: FactorRegressorOptions = {}): Promise<FactorRegressor> {
    return fromTensors("fromTorch", stateDict(await readTorch(source), "model_state_dict", "state_dict"), options);
  }

  /** The same network's state dict as a safetensors file. */
  static async fromSafetensors(source: CheckpointSource, options: FactorRegressorOptions = {}): Promise<FactorRegressor> {
    return fromTensors("fromSafetensors", (await readSafetensors(source)).tensors, options);
  }

  /** The backbone's output, [n, features]: what all heads read. */
  features(images: Tensor4D): Tensor2D {
    this.checkUse("features", images);
    return tidy(() => this.backbone.features(images));
  }

  logits(images: Tensor4D): Tensor2D[] {
    this.checkUse("logits", images);
    return tidy(() => {
      const features = this.backbone.features(images);
      return this.heads.map(({ weight, bias }) => add(matMul(features, weight), bias) as Tensor2D);
    });
  }

  /** The regressor as an ONNX graph: "images" [n, 3, side, side] → one output [n, classes] an attribute, and "features" [n, features]. */
  async toOnnx(): Promise<OnnxModel> {
    checkAlive("toOnnx", "regressor", this.disposed);
    return regressorToOnnx(this.backbone, this.heads, this.attributes);
  }

  private checkUse(caller: string, images: Tensor4D): void {
    checkAlive(caller, "regressor", this.disposed);
    checkTensor(caller, "images", images, "[n, height, width, 3]", ModelsError);
  }

  dispose(): void {
    this.disposed = true;
    this.backbone.dispose();
    for (const { weight, bias } of this.heads) {
      weight.dispose();
      bias.dispose();
    }
  }
}

function isListOfNames(names: unknown): boolean {
  return Array.isArray(names) && names.every((name) => typeof name === "string");
}

function checkParts(backbone: Backbone, heads: readonly { weight: Float32Array; bias: Float32Array }[]): void {
  if (typeof backbone?.features !== "function" || !Number.isInteger(backbone.featureCount)) {
    throw new ModelsError(`FactorRegressor: expected a backbone with featureCount and features, got ${describeValue(backbone)}.`);
  }
  const { featureCount } = backbone;
  if (!Array.isArray(heads)) {
    throw new ModelsError(`FactorRegressor: expected an array of heads { weight, bias }, got ${describeValue(heads)}.`);
  }
  heads.forEach((head, k) => {
    const { weight, bias } = head ?? {};
    const fits = weight instanceof Float32Array && bias instanceof Float32Array && weight.length === bias.length * featureCount;
    if (fits) return;
    throw new ModelsError(
      `FactorRegressor: expected head ${k} to have a Float32Array bias [classes] and weight [classes, ${featureCount}], got ${describeValue(head)}.`,
    );
  });
}

function fromTensors(caller: string, tensors: NamedTensors, options: FactorRegressorOptions): FactorRegressor {
  const layout = LAYOUTS.find(({ linear, heads }) => tensors.has(`${linear}.weight`) && tensors.has(`${heads}.0.weight`));
  if (!layout) {
    const found = [...tensors.keys()].slice(0, 12).join(", ");
    throw new ModelsError(
      `${caller}: expected the paper's CNN with tensors ${LAYOUTS.map(({ convolutions, heads }) => `${convolutions[0]}.weight … ${heads}.0.weight`).join(" or ")}, got ${found}.`,
    );
  }
  const shapes = cnnShapes(tensors, layout);
  const features = shapes.get(`${layout.linear}.bias`)![0]!;
  const count = countOf(tensors, new RegExp(`^${layout.heads}\\.(\\d+)\\.`));
  for (let k = 0; k < count; k++) {
    const head = `${layout.heads}.${k}`;
    const classes = tensors.get(`${head}.weight`)?.shape[0] ?? tensors.get(`${head}.bias`)?.shape[0] ?? 0;
    shapes.set(`${head}.weight`, [classes, features]);
    shapes.set(`${head}.bias`, [classes]);
  }
  checkTensors(caller, tensors, shapes, isUnused);
  const heads = Array.from({ length: count }, (_, k) => ({
    weight: floatsOf(caller, tensors, `${layout.heads}.${k}.weight`),
    bias: floatsOf(caller, tensors, `${layout.heads}.${k}.bias`),
  }));
  const backbone = new CnnBackbone(tensors, layout);
  try {
    return new FactorRegressor(backbone, heads, options);
  } catch (error) {
    backbone.dispose();
    throw error;
  }
}
