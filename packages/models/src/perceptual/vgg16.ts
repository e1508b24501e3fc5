import { type CheckpointSource, readSafetensors, readTorch, stateDict } from "@latentflow/checkpoints";
import { checkBackend } from "@latentflow/core";
import type { GraphBuilder } from "@latentflow/onnx";
import { type Tensor2D, type Tensor4D, tidy } from "@tensorflow/tfjs-core";
import { checkAlive } from "../disposed.js";
import { ModelsError } from "../errors.js";
import { checkImages } from "../images.js";
import { InGraph } from "../operations/in-graph.js";
import { OnTensors } from "../operations/on-tensors.js";
import type { Operations } from "../operations/operations.js";
import { checkNamedTensors, type NamedTensors } from "../tensors-by-name.js";
import type { ImageDistance, ImageSize } from "./distance.js";
import { FeatureNetwork } from "./feature-network.js";
import { unitFeatures, unitFeaturesInGraph, type Weighting } from "./unit-features.js";

/** torchvision's ImageNet mean and deviation, of images in [0, 1]. */
const MEAN = [0.485, 0.456, 0.406];
const DEVIATION = [0.229, 0.224, 0.225];

/**
 * VGG16's convolutions (Simonyan & Zisserman 2015) with torchvision's weights: five activations of an image, and a distance by them that needs no
 * further weights: squared differences of directions at each place, averaged over places, summed over the five. Frozen, differentiable.
 */
export class Vgg16 implements ImageDistance {
  readonly name = "VGG16";
  private readonly network: FeatureNetwork;
  private disposed = false;

  /** @param tensors torchvision's `features.{i}.weight` and `.bias`; the classifier may be there, too */
  constructor(tensors: NamedTensors) {
    checkNamedTensors("Vgg16", tensors);
    checkBackend("Vgg16", ModelsError);
    this.network = FeatureNetwork.from("Vgg16", tensors, "vgg16");
  }

  /** A PyTorch file of torchvision's VGG16. */
  static async fromTorch(source: CheckpointSource): Promise<Vgg16> {
    return new Vgg16(stateDict(await readTorch(source), "state_dict"));
  }

  /** The same as a safetensors file. */
  static async fromSafetensors(source: CheckpointSource): Promise<Vgg16> {
    return new Vgg16((await readSafetensors(source)).tensors);
  }

  /** What follows the last ReLU before each pooling, and the last one: [n, height, width, channels] with 64, 128, 256, 512, 512 channels. */
  activations(images: Tensor4D): Tensor4D[] {
    checkAlive("activations", "network", this.disposed);
    checkImages("activations", "images", images, 16);
    return tidy(() => this.on(new OnTensors(), images) as Tensor4D[]);
  }

  features(images: Tensor4D): Tensor2D {
    checkAlive("features", "network", this.disposed);
    checkImages("features", "images", images, 16);
    const weightings = this.weightings({ height: images.shape[1], width: images.shape[2] });
    return tidy(() => unitFeatures(this.on(new OnTensors(), images) as Tensor4D[], weightings));
  }

  toGraph(graph: GraphBuilder, images: string, size: ImageSize): string {
    checkAlive("toGraph", "network", this.disposed);
    return unitFeaturesInGraph(graph, this.on(new InGraph(graph), images), this.weightings(size));
  }

  dispose(): void {
    this.disposed = true;
    this.network.dispose();
  }

  private on<X>(on: Operations<X>, images: X): X[] {
    const scaled = on.scaleChannels(
      images,
      DEVIATION.map((deviation) => 0.5 / deviation),
      DEVIATION.map((deviation, c) => (0.5 - MEAN[c]!) / deviation),
    );
    return this.network.activations(on, scaled);
  }

  private weightings(size: ImageSize): Weighting[] {
    const channels = this.network.channels;
    return this.network
      .places("features", size)
      .map((places, k) => ({ places, weights: new Float32Array(channels[k]!).fill(1) }));
  }
}
