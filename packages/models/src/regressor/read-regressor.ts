import { type DeclaredOptions, type GivenOptions, type OptionValues, readOptions } from "@latentflow/core";
import { ModelsError } from "../errors.js";
import { ACTIVATIONS } from "../operations/operations.js";
import { checkTensors, type NamedTensors } from "../tensors-by-name.js";
import type { Backbone } from "./backbone.js";
import type { FoundBackbone } from "./backbone-kind.js";
import { BACKBONES, type BackboneName } from "./backbones.js";
import { ComposedBackbone } from "./composed-backbone.js";
import { findHeads, isUnused, type LayerName } from "./find-heads.js";
import { batchNormTensors, foldedLayers } from "./fold-layers.js";
import { type HeadLayer, LayerStack, type LinearWeights } from "./layer-stack.js";
import { PREPROCESSING, type Preprocessing } from "./preprocessing.js";

/** Names of attributes. */
export function isListOfNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === "string");
}

export const FILE = {
  /** Names of the attributes, one a head, in order. Default: the file's own, else "attribute 0", "attribute 1", … */
  attributes: { optional: true, is: isListOfNames, expected: "an array of names" },
  /** What happens to images first. Default: the file's own, else what networks of its kind were trained behind. */
  preprocessing: { optional: true, options: PREPROCESSING },
  /** What stands between linear layers: a state dict doesn't say. Default "relu". */
  activation: { default: "relu", choices: ACTIVATIONS },
  /**
   * "binary": each number of a single last layer is the logit of an attribute of two classes. Default: "classes", the numbers are the classes of one
   * attribute, unless there is one attribute name for each. A head of its own with one number always is of two classes.
   */
  heads: { optional: true, choices: ["classes", "binary"] },
  /** Side of the images it is for: `resnet18-cifar` has other strides up to 32 pixels. Default: any size, above 32. */
  imageSize: { optional: true, integer: true, min: 1 },
} as const satisfies DeclaredOptions;

/** What is not in a state dict, or can be read off it in more than one way. */
export interface RegressorFileOptions extends GivenOptions<typeof FILE> {}

/** What a state dict is as a regressor; made without a backend. */
export interface RegressorPlan {
  readonly architecture: BackboneName;
  readonly attributes: readonly { readonly name: string; readonly classes: number }[];
  readonly preprocessing: Preprocessing;
  /** Numbers that the heads read. */
  readonly featureCount: number;
  /** Side of the only images it takes before any resize; undefined: any. */
  readonly imageSize: number | undefined;
  readonly trunk: readonly HeadLayer[];
  readonly heads: readonly (readonly HeadLayer[])[];
  readonly options: OptionValues<typeof FILE>;
  readonly backbone: FoundBackbone;
}

/**
 * Finds a regressor in a state dict by its names, whatever modules it was wrapped in.
 *
 * @throws ModelsError that says what was expected and found
 */
export function planRegressor(caller: string, tensors: NamedTensors, given: RegressorFileOptions): RegressorPlan {
  const options = readOptions(caller, FILE, given, ModelsError);
  const { attributes, activation, imageSize } = options;
  const found = findBackbone(tensors, imageSize);
  if (!found) throw new ModelsError(`${caller}: expected ${expected()}, got ${namesOf(tensors)}.`);
  const { architecture, backbone } = found;
  const names = findHeads(tensors, backbone.prefix, (name) => backbone.shapes.has(name), activation);
  const shapes = new Map(backbone.shapes);
  const widthAfter = (inputs: number, layers: readonly LayerName[]) =>
    layers.reduce((width, layer, i) => {
      if (typeof layer === "string") return width;
      if ("batchNorm" in layer) {
        for (const name of batchNormTensors(tensors, layer.batchNorm)) shapes.set(name, [width]);
        return width;
      }
      const own = tensors.get(`${layer.linear}.weight`)?.shape[0] ?? tensors.get(`${layer.linear}.bias`)?.shape[0] ?? 0;
      shapes.set(`${layer.linear}.weight`, [own, width]);
      // A normalisation behind has a bias of its own.
      const next = layers.slice(i + 1).find((other) => typeof other !== "string");
      const needsNone = next !== undefined && "batchNorm" in next;
      if (tensors.has(`${layer.linear}.bias`) || !(needsNone || isWithoutBias(tensors, names)))
        shapes.set(`${layer.linear}.bias`, [own]);
      return own;
    }, inputs);
  const featureCount = widthAfter(backbone.featureCount, names.trunk);
  for (const { layers } of names.heads) widthAfter(featureCount, layers);
  checkTensors(caller, tensors, shapes, isUnused);
  if (names.heads.length === 0)
    throw new ModelsError(
      `${caller}: expected heads behind the ${architecture} (fc, classification_heads.0, …), got none: it gives features, no attributes.`,
    );
  const layersOf = (layers: readonly LayerName[]) => foldedLayers(caller, tensors, layers);
  const read = names.heads.map(({ name, layers }) => ({ name, layers: layersOf(layers) }));
  const named = inOrder(read, attributes);
  const heads = named.length === 1 && isBinary(named[0]!.layers, options) ? eachLogit(named[0]!.layers) : named;
  const binary = heads.map(({ name, layers }) => ({ name, layers: asTwoClasses(layers) }));
  if (attributes && attributes.length !== binary.length)
    throw new ModelsError(`${caller}: expected ${binary.length} attribute names, one a head, got ${attributes.length}.`);
  const preprocessing = options.preprocessing ?? backbone.preprocessing;
  return {
    architecture,
    attributes: binary.map(({ name, layers }, k) => ({
      name: attributes?.[k] ?? name ?? `attribute ${k}`,
      classes: outputsOf(layers),
    })),
    preprocessing,
    featureCount,
    imageSize: preprocessing.resize ? undefined : (backbone.imageSize ?? imageSize),
    trunk: layersOf(names.trunk),
    heads: binary.map(({ layers }) => layers),
    options,
    backbone,
  };
}

/** The planned backbone with its preprocessing and its trunk on the current tfjs backend. */
export function makeBackbone({ backbone, preprocessing, trunk }: RegressorPlan): Backbone {
  const inner = backbone.make();
  try {
    return new ComposedBackbone(
      preprocessing,
      inner,
      new LayerStack("the layers behind the backbone", backbone.featureCount, trunk),
    );
  } catch (error) {
    inner.dispose();
    throw error;
  }
}

function findBackbone(tensors: NamedTensors, imageSize: number | undefined) {
  for (const [architecture, kind] of Object.entries(BACKBONES)) {
    const backbone = kind.find(tensors, { imageSize });
    if (backbone) return { architecture: architecture as BackboneName, backbone };
  }
  return null;
}

const expected = () => {
  const [first, ...others] = [...new Set(Object.values(BACKBONES).map(({ expects }) => expects))];
  return `${[first, ...others].join(" or ")} with heads (${Object.keys(BACKBONES).join(", ")})`;
};

function namesOf(tensors: NamedTensors): string {
  const names = [...tensors.keys()];
  return `${names.slice(0, 12).join(", ")}${names.length > 12 ? ` and ${names.length - 12} more` : ""}`;
}

function isWithoutBias(tensors: NamedTensors, { trunk, heads }: ReturnType<typeof findHeads>): boolean {
  const layers = [...trunk, ...heads.flatMap(({ layers }) => layers)];
  return !layers.some((layer) => typeof layer !== "string" && "linear" in layer && tensors.has(`${layer.linear}.bias`));
}

const outputsOf = (layers: readonly HeadLayer[]) => (layers.at(-1) as LinearWeights).bias.length;

function isBinary(layers: readonly HeadLayer[], { heads, attributes }: RegressorFileOptions): boolean {
  if (heads !== undefined) return heads === "binary";
  const outputs = outputsOf(layers);
  return outputs > 1 && attributes?.length === outputs;
}

/** Heads with names of their own come in the order of the given names, where these are the same: files may sort them. */
function inOrder<T extends { name: string | undefined }>(heads: readonly T[], attributes: readonly string[] = []): readonly T[] {
  const places = heads.map(({ name }) => (name === undefined ? -1 : attributes.indexOf(name)));
  const isOrder = new Set(places).size === attributes.length && !places.includes(-1) && heads.length === attributes.length;
  return isOrder ? attributes.map((_, k) => heads[places.indexOf(k)]!) : heads;
}

/** A last layer of several logits as one layer for each. */
function eachLogit(layers: readonly HeadLayer[]): { name: undefined; layers: HeadLayer[] }[] {
  const { weight, bias } = layers.at(-1) as LinearWeights;
  const inputs = weight.length / bias.length;
  return Array.from(bias, (_, k) => ({
    name: undefined,
    layers: [...layers.slice(0, -1), { weight: weight.slice(k * inputs, (k + 1) * inputs), bias: bias.slice(k, k + 1) }],
  }));
}

/** A head of one logit z as two classes 0 and z: their softmax is z's sigmoid. */
function asTwoClasses(layers: readonly HeadLayer[]): readonly HeadLayer[] {
  const { weight, bias } = layers.at(-1) as LinearWeights;
  if (bias.length !== 1) return layers;
  const two = { weight: new Float32Array(2 * weight.length), bias: Float32Array.of(0, bias[0]!) };
  two.weight.set(weight, weight.length);
  return [...layers.slice(0, -1), two];
}
