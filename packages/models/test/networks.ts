import { type TensorData, writeSafetensors } from "@latentflow/checkpoints";
import { FactorRegressor, StyleGan2Generator } from "../src/index.js";
import { type StyleGan2Architecture, styleGan2Shapes } from "../src/stylegan2/architecture.js";
import type { GeneratorCase } from "./reference.js";
import { seededTensors } from "./seeded-weights.js";

/** The architecture of a reference case. */
export function architectureOf({
  arguments: { channels, latent = 512, z = 512, mapping = 8, family, clamp },
}: Pick<GeneratorCase, "arguments">): StyleGan2Architecture {
  return {
    resolution: 2 << channels.length,
    zDim: z,
    latentDim: latent,
    mappingLayers: mapping,
    mappingRate: 0.01,
    channels,
    family: family === "nvlabs" ? "nvlabs" : "rosinality",
    convClamp: clamp ?? null,
  };
}

/** A generator with the reference's weights. */
export function seededGenerator(architecture: StyleGan2Architecture): StyleGan2Generator {
  return new StyleGan2Generator(architecture, seededTensors(styleGan2Shapes(architecture)));
}

const CLASSES = [6, 6, 2, 3, 3, 40, 40];

/** The state dict of the paper's regressor with the reference's weights, under the names of its released code. */
export function regressorTensors(): Map<string, TensorData> {
  const shapes: [string, number[]][] = [];
  const widths = [3, 32, 32, 64, 64];
  for (let i = 0; i < 4; i++) {
    shapes.push([`backbone.0.encoder.${2 * i}.weight`, [widths[i + 1]!, widths[i]!, 4, 4]]);
    shapes.push([`backbone.0.encoder.${2 * i}.bias`, [widths[i + 1]!]]);
  }
  shapes.push(["backbone.2.weight", [256, 1024]], ["backbone.2.bias", [256]]);
  CLASSES.forEach((classes, k) => {
    shapes.push([`classification_heads.${k}.weight`, [classes, 256]], [`classification_heads.${k}.bias`, [classes]]);
  });
  const tensors = seededTensors(shapes);
  // Weights of variance 2 / fan-in, as networks with ReLU start with.
  for (const [name, { shape, data }] of tensors) {
    if (shape.length < 2) continue;
    const scale = Math.sqrt((2 * shape[0]!) / data.length);
    tensors.set(name, { dtype: "float32", shape, data: (data as Float32Array<ArrayBuffer>).map((x) => x * scale) });
  }
  return tensors;
}

export function seededRegressor(): Promise<FactorRegressor> {
  return FactorRegressor.fromSafetensors(writeSafetensors(regressorTensors()));
}
