// Plain JavaScript: the worker threads load it without a TypeScript loader.
import { writeSafetensors } from "@latentflow/checkpoints";
import { SeededRandom } from "@latentflow/core";
import { tfjsModel } from "@latentflow/latent-edit";
import { FactorRegressor, StyleGan2Generator } from "@latentflow/models";

/** The paper's 64 px networks (channel multiplier 1, CNN regressor of seven factors), untrained: time does not depend on weights. */
export default async function setup() {
  return tfjsModel(await untrainedNetworks());
}

export async function untrainedNetworks() {
  return { generator: StyleGan2Generator.random(), regressor: await untrainedRegressor() };
}

function untrainedRegressor() {
  const random = new SeededRandom(2);
  const tensors = new Map();
  const add = (name, shape) => {
    const count = shape.reduce((a, b) => a * b, 1);
    const data = Float32Array.from(random.normals(count, 0, Math.sqrt((2 * shape[0]) / count)));
    tensors.set(`${name}.weight`, { dtype: "float32", shape, data });
    tensors.set(`${name}.bias`, { dtype: "float32", shape: [shape[0]], data: new Float32Array(shape[0]) });
  };
  [3, 32, 32, 64].forEach((inputs, i) => {
    add(`backbone.0.encoder.${2 * i}`, [[32, 32, 64, 64][i], inputs, 4, 4]);
  });
  add("backbone.2", [256, 1024]);
  [6, 6, 2, 3, 3, 40, 40].forEach((classes, k) => {
    add(`classification_heads.${k}`, [classes, 256]);
  });
  return FactorRegressor.fromSafetensors(writeSafetensors(tensors));
}
