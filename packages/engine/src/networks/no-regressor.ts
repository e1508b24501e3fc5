import type { Attribute, Regressor } from "@latentflow/core";
import { GraphBuilder, type OnnxExportable } from "@latentflow/onnx";
import { mean, mul, type Tensor2D, tidy } from "@tensorflow/tfjs-core";

/** Classes that a code could be in, all alike: as many as there are channels, of which zeros are made. */
const ATTRIBUTES: readonly Attribute[] = [{ name: "none", classes: 3 }];

/** Stands in for a regressor where pictures are all that is wanted: every picture has zeros for logits. */
export const noRegressor: Regressor & OnnxExportable = {
  attributes: ATTRIBUTES,
  logits: (images) => [tidy(() => mul(mean(images, [1, 2]), 0) as Tensor2D)],
  toOnnx() {
    const graph = new GraphBuilder();
    const images = graph.input("images", ["n", 3, "height", "width"]);
    const channels = graph.reduce("ReduceMean", images, [2, 3], false);
    graph.output("none", graph.op("Mul", [channels, graph.float(0)]), ["n", 3]);
    return graph.build();
  },
};
