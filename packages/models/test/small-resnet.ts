import { writeSafetensors } from "@latentflow/checkpoints";
import { FactorRegressor } from "../src/index.js";
import { seededNetwork } from "./seeded-weights.js";

/** An ImageNet ResNet18 of few channels, on pictures of 32 pixels that it scales. */
export async function smallResNet(scale = 0.5): Promise<FactorRegressor> {
  const shapes: [string, number[]][] = [];
  const norm = (name: string, channels: number) => {
    for (const part of ["weight", "bias", "running_mean", "running_var"]) shapes.push([`${name}.${part}`, [channels]]);
  };
  shapes.push(["conv1.weight", [4, 3, 7, 7]]);
  norm("bn1", 4);
  let inputs = 4;
  for (const [l, outputs] of [4, 8, 16, 32].entries())
    for (const b of [0, 1]) {
      const name = `layer${l + 1}.${b}`;
      shapes.push([`${name}.conv1.weight`, [outputs, inputs, 3, 3]], [`${name}.conv2.weight`, [outputs, outputs, 3, 3]]);
      norm(`${name}.bn1`, outputs);
      norm(`${name}.bn2`, outputs);
      if (inputs !== outputs) {
        shapes.push([`${name}.downsample.0.weight`, [outputs, inputs, 1, 1]]);
        norm(`${name}.downsample.1`, outputs);
      }
      inputs = outputs;
    }
  shapes.push(["fc.weight", [10, 32]], ["fc.bias", [10]]);
  const preprocessing = { clamp: [-1, 1] as const, resize: { side: 32, method: "bilinear" as const }, scale, shift: 0.5 };
  return FactorRegressor.fromSafetensors(writeSafetensors(seededNetwork(shapes)), { preprocessing });
}
