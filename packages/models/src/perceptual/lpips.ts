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
import { checkNamedTensors, floatsOf, type NamedTensors } from "../tensors-by-name.js";
import type { ImageDistance, ImageSize } from "./distance.js";
import { FeatureNetwork, type FeatureNetworkName } from "./feature-network.js";
import { unitFeatures, unitFeaturesInGraph, type Weighting } from "./unit-features.js";

/** LPIPS's scaling of images in [-1, 1]. */
const SHIFT = [-0.03, -0.088, -0.188];
const SCALE = [0.458, 0.448, 0.45];

/** Where files keep the weights of layer k: LPIPS's own modules, and its list of them. */
const linearNames = (k: number) =>
  ["", "module."].flatMap((prefix) => [`${prefix}lin${k}.model.1.weight`, `${prefix}lins.${k}.model.1.weight`]);

/**
 * LPIPS, version 0.1 (Zhang et al. 2018, arXiv:1801.03924): how different people find two images, by AlexNet's or VGG16's activations. Frozen,
 * differentiable with respect to the images. `imageDistances(a, b, lpips)` gives the distances.
 */
export class Lpips implements ImageDistance {
  readonly name: string;
  /** Which network's activations are compared. */
  readonly network: FeatureNetworkName;
  private readonly features_: FeatureNetwork;
  private readonly weights: readonly Float32Array[];
  private disposed = false;

  /**
   * @param tensors torchvision's `features.{i}.weight`, `.bias` and LPIPS's `lin{0..4}.model.1.weight`, in one map
   * @throws ModelsError that lists what is missing, or for weights below 0, which LPIPS never has
   */
  constructor(tensors: NamedTensors) {
    checkNamedTensors("Lpips", tensors);
    checkBackend("Lpips", ModelsError);
    this.features_ = FeatureNetwork.from("Lpips", tensors);
    this.network = this.features_.network;
    this.name = `LPIPS (${this.network === "vgg16" ? "VGG16" : "AlexNet"})`;
    try {
      this.weights = this.features_.channels.map((channels, k) => linearWeights(tensors, k, channels));
    } catch (error) {
      this.features_.dispose();
      throw error;
    }
  }

  /**
   * PyTorch files: torchvision's AlexNet or VGG16 and LPIPS's linear layers (`weights/v0.1/alex.pth`, `vgg.pth` of its package), or one file with both.
   *
   * @throws CheckpointError for a file that can't be read, ModelsError for other networks
   */
  static async fromTorch(features: CheckpointSource, linear?: CheckpointSource): Promise<Lpips> {
    const tensors = stateDict(await readTorch(features), "state_dict");
    const added = linear === undefined ? [] : stateDict(await readTorch(linear), "state_dict");
    return new Lpips(new Map([...tensors, ...added]));
  }

  /** The same as safetensors files. */
  static async fromSafetensors(features: CheckpointSource, linear?: CheckpointSource): Promise<Lpips> {
    const { tensors } = await readSafetensors(features);
    const added = linear === undefined ? [] : (await readSafetensors(linear)).tensors;
    return new Lpips(new Map([...tensors, ...added]));
  }

  features(images: Tensor4D): Tensor2D {
    checkAlive("features", "distance", this.disposed);
    checkImages("features", "images", images);
    const weightings = this.weightings("features", { height: images.shape[1], width: images.shape[2] });
    return tidy(() => unitFeatures(this.activations(new OnTensors(), images) as Tensor4D[], weightings));
  }

  toGraph(graph: GraphBuilder, images: string, size: ImageSize): string {
    checkAlive("toGraph", "distance", this.disposed);
    return unitFeaturesInGraph(graph, this.activations(new InGraph(graph), images), this.weightings("toGraph", size));
  }

  dispose(): void {
    this.disposed = true;
    this.features_.dispose();
  }

  private activations<X>(on: Operations<X>, images: X): X[] {
    const scaled = on.scaleChannels(
      images,
      SCALE.map((scale) => 1 / scale),
      SCALE.map((scale, c) => -SHIFT[c]! / scale),
    );
    return this.features_.activations(on, scaled);
  }

  private weightings(caller: string, size: ImageSize): Weighting[] {
    return this.features_.places(caller, size).map((places, k) => ({ places, weights: this.weights[k]! }));
  }
}

function linearWeights(tensors: NamedTensors, k: number, channels: number): Float32Array {
  const name = linearNames(k).find((name) => tensors.has(name)) ?? linearNames(k)[0]!;
  const weights = floatsOf("Lpips", tensors, name);
  if (weights.length !== channels)
    throw new ModelsError(
      `Lpips: expected ${name} [1, ${channels}, 1, 1], got [${tensors.get(name)!.shape.join(", ")}]; do the linear layers belong to this network?`,
    );
  const negative = weights.find((weight) => !(weight >= 0));
  if (negative === undefined) return weights;
  throw new ModelsError(`Lpips: expected weights of at least 0 in ${name}, as LPIPS is trained to have, got ${negative}.`);
}
