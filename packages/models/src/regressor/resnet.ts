import type { GraphBuilder } from "@latentflow/onnx";
import type { Tensor2D, Tensor4D } from "@tensorflow/tfjs-core";
import { checkAlive } from "../disposed.js";
import { ModelsError } from "../errors.js";
import { checkImages } from "../images.js";
import type { Convolution } from "../operations/convolution.js";
import { batchNormShapes, foldedConvolution } from "../operations/folded.js";
import { InGraph } from "../operations/in-graph.js";
import { OnTensors } from "../operations/on-tensors.js";
import type { Operations } from "../operations/operations.js";
import { countOf, type NamedTensors } from "../tensors-by-name.js";
import type { Backbone } from "./backbone.js";
import type { BackboneKind } from "./backbone-kind.js";
import type { Preprocessing } from "./preprocessing.js";

/** What tells residual networks (He et al. 2016, arXiv:1512.03385) apart. */
interface ResNetKind {
  /** "imagenet": 7 × 7 of stride 2, then 3 × 3 max pooling of stride 2, as torchvision; "cifar": 3 × 3 of stride 1. */
  readonly stem: "imagenet" | "cifar";
  /** Two 3 × 3 convolutions, or 1 × 1, 3 × 3, 1 × 1. */
  readonly block: "basic" | "bottleneck";
  /** Blocks of each of the four layers. */
  readonly blocks: readonly number[];
  readonly preprocessing: Preprocessing;
}

/** PyTorch's default. */
const EPSILON = 1e-5;
/** Largest side for which the second layer of the CIFAR networks keeps the size. */
const SMALL = 32;

/** A convolution with its batch normalisation. */
interface Unit {
  readonly convolution: string;
  readonly batchNorm: string;
  readonly shape: readonly [outputs: number, inputs: number, height: number, width: number];
  readonly stride: number;
}

interface Block {
  readonly units: readonly Unit[];
  /** Where the shape changes. */
  readonly shortcut?: Unit;
}

/** A kind of residual network for the table of backbones: any width, read off the file. */
export function resNet({ stem, block, blocks, preprocessing }: ResNetKind): BackboneKind {
  const first = "layer1.0.conv1.weight";
  const conv = block === "basic" ? 2 : 3;
  return {
    expects: `a ResNet (conv1.weight, bn1.weight, ${first} …)`,
    find(tensors, { imageSize }) {
      const name = [...tensors.keys()].find((name) => name === first || name.endsWith(`.${first}`));
      if (name === undefined) return null;
      const prefix = name.slice(0, -first.length);
      const isCifar = tensors.get(`${prefix}conv1.weight`)?.shape[2] === 3;
      const isBottleneck = [...tensors.keys()].some((name) => name.startsWith(`${prefix}layer1.0.conv3.`));
      const counts = [1, 2, 3, 4].map((layer) => countOf(tensors, new RegExp(`^${escaped(prefix)}layer${layer}\\.(\\d+)\\.`)));
      const fits = isCifar === (stem === "cifar") && isBottleneck === (block === "bottleneck") && counts.join() === blocks.join();
      if (!fits) return null;
      const small = (imageSize ?? preprocessing.resize?.side ?? Infinity) <= SMALL;
      const layers = layersOf(tensors, prefix, { stem, convolutions: conv, blocks, small });
      const shapes = new Map<string, readonly number[]>();
      for (const unit of unitsOf(layers)) {
        shapes.set(`${unit.convolution}.weight`, unit.shape);
        for (const [name, shape] of batchNormShapes(unit.batchNorm, unit.shape[0])) shapes.set(name, shape);
      }
      return {
        prefix,
        shapes,
        preprocessing: isPapers(tensors) ? withNearest(preprocessing) : preprocessing,
        featureCount: layers.blocks.at(-1)!.units.at(-1)!.shape[0],
        make: () => new ResNetBackbone(tensors, layers, { stem, small: stem === "cifar" ? small : undefined, imageSize }),
      };
    },
  };
}

interface Layers {
  readonly stem: Unit;
  readonly blocks: readonly Block[];
}

const unitsOf = ({ stem, blocks }: Layers): Unit[] => [
  stem,
  ...blocks.flatMap(({ units, shortcut }) => (shortcut ? [...units, shortcut] : units)),
];

/** All layers with the widths that the file's tensors have; 0 where a tensor is missing, which the check of shapes then tells. */
function layersOf(
  tensors: NamedTensors,
  prefix: string,
  kind: { stem: ResNetKind["stem"]; convolutions: number; blocks: readonly number[]; small: boolean },
): Layers {
  const widthOf = (name: string) => tensors.get(`${name}.weight`)?.shape[0] ?? 0;
  const unit = (convolution: string, batchNorm: string, inputs: number, side: number, stride: number): Unit => {
    const outputs = widthOf(`${prefix}${convolution}`) || widthOf(`${prefix}${batchNorm}`);
    const shape = [outputs, inputs, side, side] as const;
    return { convolution: `${prefix}${convolution}`, batchNorm: `${prefix}${batchNorm}`, shape, stride };
  };
  const stem = kind.stem === "cifar" ? unit("conv1", "bn1", 3, 3, 1) : unit("conv1", "bn1", 3, 7, 2);
  const blocks: Block[] = [];
  let channels = stem.shape[0];
  kind.blocks.forEach((count, layer) => {
    for (let b = 0; b < count; b++) {
      const name = `layer${layer + 1}.${b}`;
      const halves = b === 0 && layer > 0 && !(layer === 1 && kind.stem === "cifar" && kind.small);
      const stride = halves ? 2 : 1;
      const sides = kind.convolutions === 2 ? [3, 3] : [1, 3, 1];
      // torchvision strides in the first 3 × 3 convolution of a block.
      const strided = sides.indexOf(3);
      let inputs = channels;
      const units = sides.map((side, i) => {
        const made = unit(`${name}.conv${i + 1}`, `${name}.bn${i + 1}`, inputs, side, i === strided ? stride : 1);
        inputs = made.shape[0];
        return made;
      });
      const way = [...tensors.keys()].some((tensor) => tensor.startsWith(`${prefix}${name}.shortcut.`))
        ? "shortcut"
        : "downsample";
      const hasShortcut = [...tensors.keys()].some((tensor) => tensor.startsWith(`${prefix}${name}.${way}.`));
      const needed = hasShortcut || stride !== 1 || inputs !== channels;
      blocks.push({
        units,
        ...(needed && { shortcut: unit(`${name}.${way}.0`, `${name}.${way}.1`, channels, 1, stride) }),
      });
      channels = inputs;
    }
  });
  return { stem, blocks };
}

/** A residual network up to its global average: images → [n, channels of the last layer]. Batch normalisation is folded into the convolutions. */
class ResNetBackbone implements Backbone {
  readonly featureCount: number;
  readonly imageSize?: number;
  private readonly convolutions: ReadonlyMap<Unit, Convolution>;
  private readonly layers: Layers;
  private readonly stem: ResNetKind["stem"];
  /** Of the CIFAR networks, whether it is one for images up to 32 pixels. */
  private readonly small: boolean | undefined;
  private disposed = false;

  constructor(
    tensors: NamedTensors,
    layers: Layers,
    { stem, small, imageSize }: { stem: ResNetKind["stem"]; small: boolean | undefined; imageSize: number | undefined },
  ) {
    this.layers = layers;
    this.stem = stem;
    this.small = small;
    if (imageSize !== undefined) this.imageSize = imageSize;
    this.featureCount = layers.blocks.at(-1)!.units.at(-1)!.shape[0];
    this.convolutions = new Map(
      unitsOf(layers).map((unit) => {
        const padding = [unit.shape[2] >> 1, unit.shape[3] >> 1] as const;
        const names = { convolution: unit.convolution, batchNorm: unit.batchNorm, epsilon: EPSILON };
        return [unit, foldedConvolution("ResNet", tensors, names, { shape: unit.shape, stride: unit.stride, padding })];
      }),
    );
  }

  features(images: Tensor4D): Tensor2D {
    checkAlive("features", "backbone", this.disposed);
    checkImages("features", "images", images);
    const [, height, width] = images.shape;
    const isSmall = Math.max(height, width) <= SMALL;
    if (this.small !== undefined && this.small !== isSmall)
      throw new ModelsError(
        `features: expected images of ${this.small ? `up to ${SMALL}` : `more than ${SMALL}`} pixels a side, got ${height} × ${width}. Load the network with { imageSize: ${height} }: its strides depend on it.`,
      );
    return this.forward(new OnTensors(), images) as Tensor2D;
  }

  async toGraph(graph: GraphBuilder, images: string): Promise<string> {
    checkAlive("toGraph", "backbone", this.disposed);
    return this.forward(new InGraph(graph), images);
  }

  dispose(): void {
    this.disposed = true;
    for (const convolution of this.convolutions.values()) convolution.dispose();
  }

  private forward<X>(on: Operations<X>, images: X): X {
    const { stem, blocks } = this.layers;
    const apply = (unit: Unit, x: X) => on.convolution(x, this.convolutions.get(unit)!);
    let x = on.relu(apply(stem, images));
    if (this.stem === "imagenet") x = on.maxPool(x, 3, 2, 1);
    for (const { units, shortcut } of blocks) {
      const y = units.reduce((y, unit, i) => {
        const made = apply(unit, y);
        return i === units.length - 1 ? made : on.relu(made);
      }, x);
      x = on.relu(on.addScaled(y, shortcut ? apply(shortcut, x) : x, 1));
    }
    return on.globalMean(x);
  }
}

/** The paper's code resizes by the nearest pixel; others, as torchvision's own transforms, by all that fall on the new one. */
const isPapers = (tensors: NamedTensors) => [...tensors.keys()].some((name) => /(^|\.)classification_heads\.0\./.test(name));

const withNearest = (steps: Preprocessing): Preprocessing =>
  steps.resize ? { ...steps, resize: { ...steps.resize, method: "nearest" } } : steps;

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
