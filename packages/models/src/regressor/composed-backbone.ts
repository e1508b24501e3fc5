import type { GraphBuilder } from "@latentflow/onnx";
import type { Tensor2D, Tensor4D } from "@tensorflow/tfjs-core";
import { checkImages } from "../images.js";
import { InGraph } from "../operations/in-graph.js";
import { OnTensors } from "../operations/on-tensors.js";
import type { Backbone } from "./backbone.js";
import type { LayerStack } from "./layer-stack.js";
import { type Preprocessing, preprocess } from "./preprocessing.js";

/** A backbone between what is done to its images and the layers that all heads share. */
export class ComposedBackbone implements Backbone {
  readonly featureCount: number;
  readonly imageSize?: number;

  constructor(
    private readonly preprocessing: Preprocessing,
    private readonly inner: Backbone,
    private readonly trunk: LayerStack,
  ) {
    this.featureCount = trunk.outputs;
    // What is resized may have any size before.
    if (!preprocessing.resize && inner.imageSize !== undefined) this.imageSize = inner.imageSize;
  }

  features(images: Tensor4D): Tensor2D {
    checkImages("features", "images", images);
    const on = new OnTensors();
    const seen = preprocess(on, images, this.preprocessing) as Tensor4D;
    return this.trunk.forward(on, this.inner.features(seen)) as Tensor2D;
  }

  async toGraph(graph: GraphBuilder, images: string): Promise<string> {
    const on = new InGraph(graph);
    return this.trunk.forward(on, await this.inner.toGraph!(graph, preprocess(on, images, this.preprocessing)));
  }

  dispose(): void {
    this.inner.dispose();
    this.trunk.dispose();
  }
}
