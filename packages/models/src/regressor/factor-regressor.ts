import { type CheckpointSource, readSafetensors, readTorch } from "@latentflow/checkpoints";
import {
  type Attribute,
  checkBackend,
  checkTensor,
  type DeclaredOptions,
  describeValue,
  type GivenOptions,
  type Regressor,
  readOptions,
} from "@latentflow/core";
import type { OnnxModel } from "@latentflow/onnx";
import { type Tensor2D, type Tensor4D, tidy } from "@tensorflow/tfjs-core";
import { checkAlive } from "../disposed.js";
import { ModelsError } from "../errors.js";
import { checkRole, stateDictOf } from "../network-roles.js";
import { OnTensors } from "../operations/on-tensors.js";
import type { NamedTensors } from "../tensors-by-name.js";
import type { Backbone } from "./backbone.js";
import { type HeadLayer, LayerStack, type LinearWeights } from "./layer-stack.js";
import type { Preprocessing } from "./preprocessing.js";
import {
  FILE,
  isListOfNames,
  makeBackbone,
  planRegressor,
  type RegressorFileOptions,
  type RegressorPlan,
} from "./read-regressor.js";
import { savedOptions, writeRegressor } from "./saved-regressor.js";
import { regressorToOnnx } from "./to-onnx.js";

const REGRESSOR = {
  /** Names of the attributes, one a head, in order. Default: "attribute 0", "attribute 1", … */
  attributes: { optional: true, is: isListOfNames, expected: "an array of names" },
} as const satisfies DeclaredOptions;

/** Options of `new FactorRegressor`. */
export interface FactorRegressorOptions extends GivenOptions<typeof REGRESSOR> {}

/** A head: one linear layer, or linear layers and activations one after the other. */
export type Head = LinearWeights | readonly HeadLayer[];

/** A frozen classifier with a head for each attribute on a shared backbone. */
export class FactorRegressor implements Regressor {
  readonly attributes: readonly Attribute[];
  private readonly heads: readonly LayerStack[];
  /** What it was read from. */
  private source: { readonly plan: RegressorPlan; readonly tensors: NamedTensors } | undefined;
  private disposed = false;

  /**
   * @param backbone what the heads read; the regressor disposes it
   * @param heads for each attribute, PyTorch's weight [classes, features] and bias [classes], or a list of such layers and activations
   */
  constructor(
    private readonly backbone: Backbone,
    heads: readonly Head[],
    options: FactorRegressorOptions = {},
  ) {
    const { attributes } = readOptions("FactorRegressor", REGRESSOR, options, ModelsError);
    checkParts(backbone, heads);
    checkBackend("FactorRegressor", ModelsError);
    const names = attributes ?? heads.map((_, k) => `attribute ${k}`);
    if (names.length !== heads.length) {
      throw new ModelsError(`FactorRegressor: expected ${heads.length} attribute names, one a head, got ${names.length}.`);
    }
    this.heads = stacks(backbone.featureCount, heads);
    this.attributes = names.map((name, k) => ({ name, classes: this.heads[k]!.outputs }));
  }

  /**
   * A PyTorch file with the paper's regressor of any of its data sets, or another of the networks of `architecture`: {"model_state_dict"} as the released
   * code saves it, {"state_dict"}, or a bare state dict. Wrappers in front of its names ("module.", "model.", "backbone.", …) are seen through.
   *
   * @throws CheckpointError for a file that can't be read, ModelsError for one that holds another network
   */
  static async fromTorch(source: CheckpointSource, options: RegressorFileOptions = {}): Promise<FactorRegressor> {
    readOptions("fromTorch", FILE, options, ModelsError);
    const tensors = stateDictOf("fromTorch", await readTorch(source), "regressor", ["model_state_dict", "state_dict"]);
    return FactorRegressor.fromTensors("fromTorch", tensors, options);
  }

  /** A file of `toSafetensors`, or the same networks' state dict as a safetensors file. */
  static async fromSafetensors(source: CheckpointSource, options: RegressorFileOptions = {}): Promise<FactorRegressor> {
    readOptions("fromSafetensors", FILE, options, ModelsError);
    const { tensors, metadata } = await readSafetensors(source);
    checkRole("fromSafetensors", "regressor", tensors);
    const saved = savedOptions("fromSafetensors", metadata);
    return FactorRegressor.fromTensors("fromSafetensors", tensors, { ...saved, ...defined(options) });
  }

  private static fromTensors(caller: string, tensors: NamedTensors, options: RegressorFileOptions): FactorRegressor {
    const plan = planRegressor(caller, tensors, options);
    checkBackend(caller, ModelsError);
    const backbone = makeBackbone(plan);
    try {
      const regressor = new FactorRegressor(backbone, plan.heads, { attributes: plan.attributes.map(({ name }) => name) });
      regressor.source = { plan, tensors };
      return regressor;
    } catch (error) {
      backbone.dispose();
      throw error;
    }
  }

  /** Which network it is; undefined for a backbone of one's own. */
  get architecture(): RegressorPlan["architecture"] | undefined {
    return this.source?.plan.architecture;
  }

  /** What happens to images first; undefined for a backbone of one's own. */
  get preprocessing(): Preprocessing | undefined {
    return this.source?.plan.preprocessing;
  }

  /**
   * The regressor for images of one size, where that changes the network: `resnet18-cifar` has other strides up to 32 pixels a side. A new one, which the
   * caller disposes, or this one where it is right for them already, or a size or a resize was said when it was read.
   */
  forImages({ height, width }: { readonly height: number; readonly width: number }): FactorRegressor {
    checkAlive("forImages", "regressor", this.disposed);
    if (this.source === undefined) return this;
    const { plan, tensors } = this.source;
    const isSaid = plan.options.imageSize !== undefined || plan.preprocessing.resize !== undefined;
    if (plan.architecture !== "resnet18-cifar" || isSaid || height !== width) return this;
    const attributes = plan.attributes.map(({ name }) => name);
    return FactorRegressor.fromTensors("forImages", tensors, { ...defined(plan.options), attributes, imageSize: height });
  }

  /** Its weights as they were read, names of the attributes and preprocessing beside them. */
  toSafetensors(): Uint8Array<ArrayBuffer> {
    if (this.source) return writeRegressor(this.source.tensors, this.source.plan);
    throw new ModelsError("toSafetensors: expected a regressor that was read from a file, got one with a backbone of its own.");
  }

  /** What all heads read, [n, features]. */
  features(images: Tensor4D): Tensor2D {
    this.checkUse("features", images);
    return tidy(() => this.backbone.features(images));
  }

  logits(images: Tensor4D): Tensor2D[] {
    this.checkUse("logits", images);
    return tidy(() => {
      const features = this.backbone.features(images);
      const on = new OnTensors();
      return this.heads.map((head) => head.forward(on, features) as Tensor2D);
    });
  }

  /**
   * The regressor as an ONNX graph: "images" [n, 3, side, side], of any size where it takes any → one output [n, classes] an attribute, and "features"
   * [n, features].
   */
  async toOnnx(): Promise<OnnxModel> {
    checkAlive("toOnnx", "regressor", this.disposed);
    return regressorToOnnx(this.backbone, this.heads, this.attributes);
  }

  private checkUse(caller: string, images: Tensor4D): void {
    checkAlive(caller, "regressor", this.disposed);
    checkTensor(caller, "images", images, "[n, height, width, 3]", ModelsError);
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.backbone.dispose();
    for (const head of this.heads) head.dispose();
  }
}

/** What is given; undefined is nothing. */
function defined(options: RegressorFileOptions): RegressorFileOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function checkParts(backbone: Backbone, heads: readonly Head[]): void {
  if (typeof backbone?.features !== "function" || !Number.isInteger(backbone.featureCount)) {
    throw new ModelsError(`FactorRegressor: expected a backbone with featureCount and features, got ${describeValue(backbone)}.`);
  }
  if (!Array.isArray(heads)) {
    throw new ModelsError(`FactorRegressor: expected an array of heads { weight, bias }, got ${describeValue(heads)}.`);
  }
}

/** All heads, or none and an error. */
function stacks(features: number, heads: readonly Head[]): LayerStack[] {
  const made: LayerStack[] = [];
  try {
    for (const [k, head] of heads.entries()) {
      const layers = Array.isArray(head) ? head : [head as LinearWeights];
      if (layers.every((layer) => typeof layer === "string"))
        throw new ModelsError(`FactorRegressor: expected head ${k} to have a linear layer, got ${describeValue(head)}.`);
      made.push(new LayerStack(`head ${k}`, features, layers));
    }
    return made;
  } catch (error) {
    for (const stack of made) stack.dispose();
    throw error;
  }
}
