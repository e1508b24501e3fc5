import "@latentflow/backend/gradients";
import type { AttributeModel, Generator } from "@latentflow/core";
import {
  avgPool,
  dispose,
  keep,
  type Scalar,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
  tidy,
  valueAndGrads,
} from "@tensorflow/tfjs-core";
import type { ImageDistance } from "../perceptual/distance.js";
import type { StyleGan2Generator } from "../stylegan2/generator.js";
import { checkSize, type Evaluation, type Objective, shrinkFactor, squaredDistances } from "./objective.js";

/** Distances of images from their targets as a differentiable function. */
class TargetDistance {
  private readonly targets: Tensor2D;
  private readonly size: readonly number[];

  constructor(
    private readonly distance: ImageDistance,
    targets: Tensor4D,
  ) {
    this.size = targets.shape.slice(1, 3);
    this.targets = keep(tidy(() => distance.features(shrunk(targets))));
  }

  /** [n, height, width, 3] → [n] */
  of(images: Tensor4D): Tensor {
    checkSize(this.size, images.shape.slice(1, 3));
    return sum(square(sub(this.distance.features(shrunk(images)), this.targets)), 1);
  }

  /** [m, height, width, 3] → distances from each target, [m, n] */
  async toAll(images: Tensor4D): Promise<Float32Array> {
    checkSize(this.size, images.shape.slice(1, 3));
    const features = tidy(() => this.distance.features(shrunk(images)));
    const distances = await squaredDistances(features, this.targets);
    features.dispose();
    return distances;
  }

  dispose(): void {
    this.targets.dispose();
  }
}

function shrunk(images: Tensor4D): Tensor4D {
  const factor = shrinkFactor(images.shape[1], images.shape[2]);
  return factor === 1 ? images : avgPool(images, factor, factor, "valid");
}

/** Generator and distance as one differentiable function on the current tfjs backend. */
export class TfjsObjective implements Objective {
  readonly engine = "tfjs";
  private readonly target: TargetDistance;

  constructor(
    private readonly generator: Generator,
    distance: ImageDistance,
    targets: Tensor4D,
  ) {
    this.target = new TargetDistance(distance, targets);
  }

  async evaluate(w: Tensor, noise: readonly Tensor[]): Promise<Evaluation> {
    let distances: Tensor | undefined;
    const total = (code: Tensor, ...maps: Tensor[]): Scalar => {
      const each = this.target.of(this.images(code, maps));
      distances = keep(each.clone());
      return sum(each);
    };
    try {
      const { value, grads } = tidy(() => valueAndGrads(total)([w, ...noise]));
      value.dispose();
      const [gradient, ...noiseGradients] = grads;
      return { distances: (await distances!.data()) as Float32Array, gradient: gradient!, noiseGradients };
    } finally {
      distances?.dispose();
    }
  }

  async distancesToAll(w: Tensor, noise: readonly Tensor[]): Promise<Float32Array> {
    const images = await this.synthesize(w, noise);
    return this.target.toAll(images).finally(() => images.dispose());
  }

  async synthesize(w: Tensor, noise: readonly Tensor[]): Promise<Tensor4D> {
    return tidy(() => this.images(w, noise));
  }

  dispose(): void {
    this.target.dispose();
  }

  private images(w: Tensor, noise: readonly Tensor[]): Tensor4D {
    if (noise.length === 0) return this.generator.synthesize(w);
    return (this.generator as StyleGan2Generator).synthesize(w, { noise });
  }
}

/** Any model that answers with gradients: it does the generator's work wherever it likes, the distance is a loss of its images on tfjs. */
export class ModelObjective implements Objective {
  readonly engine = "model";
  private readonly target: TargetDistance;

  constructor(
    private readonly model: AttributeModel,
    distance: ImageDistance,
    targets: Tensor4D,
  ) {
    this.target = new TargetDistance(distance, targets);
  }

  async evaluate(w: Tensor): Promise<Evaluation> {
    let distances: Tensor | undefined;
    try {
      const { logits, gradient } = await this.model.lossAndGradient(w, (_logits, images) => {
        const each = this.target.of(images);
        distances = keep(each.clone());
        return sum(each) as Scalar;
      });
      dispose(logits);
      return { distances: (await distances!.data()) as Float32Array, gradient, noiseGradients: [] };
    } finally {
      distances?.dispose();
    }
  }

  async distancesToAll(w: Tensor): Promise<Float32Array> {
    const images = await this.model.synthesize(w);
    return this.target.toAll(images).finally(() => images.dispose());
  }

  synthesize(w: Tensor): Promise<Tensor4D> {
    return this.model.synthesize(w);
  }

  dispose(): void {
    this.target.dispose();
  }
}
