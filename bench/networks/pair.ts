import { type TensorData, writeSafetensors } from "@latentflow/checkpoints";
import { SeededRandom } from "@latentflow/core";
import { FactorRegressor, StyleGan2Generator } from "@latentflow/models";

/** Blocks' widths of ResNet18. */
const WIDTHS = [64, 128, 256, 512];
const HEADS = 40;

/** The paper's pair for faces: a 256 px StyleGAN2 (channel multiplier 1), ResNet18 at 224 with 40 heads of two classes, untrained. */
export async function untrainedPair() {
  const generator = StyleGan2Generator.random({ channels: [512, 512, 512, 512, 256, 128, 64] });
  const regressor = await FactorRegressor.fromSafetensors(writeSafetensors(resNet18()));
  return { generator, regressor };
}

function resNet18(): Record<string, TensorData> {
  const random = new SeededRandom(1);
  const tensors: Record<string, TensorData> = {};
  const add = (name: string, shape: number[], value?: number) => {
    const count = shape.reduce((a, b) => a * b, 1);
    const deviation = Math.sqrt((2 * shape[0]!) / count);
    const data =
      value === undefined ? new Float32Array(random.normals(count, 0, deviation)) : new Float32Array(count).fill(value);
    tensors[name] = { dtype: "float32", shape, data };
  };
  const unit = (convolution: string, norm: string, shape: number[]) => {
    add(`${convolution}.weight`, shape);
    for (const [part, value] of Object.entries({ weight: 1, bias: 0, running_mean: 0, running_var: 1 }))
      add(`${norm}.${part}`, [shape[0]!], value);
  };
  const linear = (name: string, outputs: number, inputs: number) => {
    add(`${name}.weight`, [outputs, inputs]);
    add(`${name}.bias`, [outputs], 0);
  };
  unit("backbone.conv1", "backbone.bn1", [64, 3, 7, 7]);
  let inputs = 64;
  WIDTHS.forEach((width, layer) => {
    for (const block of [0, 1]) {
      const name = `backbone.layer${layer + 1}.${block}`;
      unit(`${name}.conv1`, `${name}.bn1`, [width, inputs, 3, 3]);
      unit(`${name}.conv2`, `${name}.bn2`, [width, width, 3, 3]);
      if (inputs !== width) unit(`${name}.downsample.0`, `${name}.downsample.1`, [width, inputs, 1, 1]);
      inputs = width;
    }
  });
  linear("backbone.fc.1", 512, 512);
  for (let k = 0; k < HEADS; k++) linear(`classification_heads.${k}`, 2, 512);
  return tensors;
}
