import { type TensorData, writeSafetensors } from "@latentflow/checkpoints";
import { SeededRandom } from "@latentflow/core";
import { FactorRegressor, StyleGan2Generator } from "@latentflow/models";

/** The paper's networks for MPI3D with seeded weights: speed does not depend on their values. */

const CLASSES = [6, 6, 2, 3, 3, 40, 40];

/** 64 px, multiplier 1, a mapping of one layer (it takes no part in an edit). */
export function benchGenerator(channels: readonly number[] = [512, 512, 512, 512, 256]): Promise<StyleGan2Generator> {
  const shapes = new Map<string, number[]>([
    ["style.1.weight", [512, 512]],
    ["style.1.bias", [512]],
    ["input.input", [1, channels[0]!, 4, 4]],
  ]);
  const convolution = (name: string, inputs: number, outputs: number, size: number) => {
    shapes.set(`${name}.conv.weight`, [1, outputs, inputs, size, size]);
    shapes.set(`${name}.conv.modulation.weight`, [inputs, 512]);
    shapes.set(`${name}.conv.modulation.bias`, [inputs]);
  };
  channels.forEach((outputs, level) => {
    const names = level === 0 ? ["conv1"] : [`convs.${2 * level - 2}`, `convs.${2 * level - 1}`];
    names.forEach((name, k) => {
      convolution(name, level > 0 && k === 0 ? channels[level - 1]! : outputs, outputs, 3);
      shapes.set(`${name}.noise.weight`, [1]);
      shapes.set(`${name}.activate.bias`, [outputs]);
      shapes.set(`noises.noise_${level === 0 ? 0 : 2 * level - 1 + k}`, [1, 1, 4 << level, 4 << level]);
    });
    const rgb = level === 0 ? "to_rgb1" : `to_rgbs.${level - 1}`;
    convolution(rgb, outputs, 3, 1);
    shapes.set(`${rgb}.bias`, [1, 3, 1, 1]);
  });
  return StyleGan2Generator.fromSafetensors(file(shapes));
}

export function benchRegressor(): Promise<FactorRegressor> {
  const widths = [3, 32, 32, 64, 64];
  const shapes = new Map<string, number[]>();
  for (let i = 0; i < 4; i++) {
    shapes.set(`backbone.0.encoder.${2 * i}.weight`, [widths[i + 1]!, widths[i]!, 4, 4]);
    shapes.set(`backbone.0.encoder.${2 * i}.bias`, [widths[i + 1]!]);
  }
  shapes.set("backbone.2.weight", [256, 1024]).set("backbone.2.bias", [256]);
  CLASSES.forEach((classes, k) => {
    shapes.set(`classification_heads.${k}.weight`, [classes, 256]).set(`classification_heads.${k}.bias`, [classes]);
  });
  return FactorRegressor.fromSafetensors(file(shapes, (shape) => Math.sqrt((2 * shape[0]!) / shape.reduce((a, b) => a * b, 1))));
}

function file(shapes: ReadonlyMap<string, number[]>, scale: (shape: number[]) => number = () => 1): Uint8Array {
  const random = new SeededRandom(1);
  const tensors = new Map<string, TensorData>();
  for (const [name, shape] of shapes) {
    const count = shape.reduce((a, b) => a * b, 1);
    const factor = shape.length > 1 ? scale(shape) : 0.1;
    const mean = name.endsWith("modulation.bias") ? 1 : 0;
    tensors.set(name, { dtype: "float32", shape, data: Float32Array.from({ length: count }, () => mean + factor * random.normal()) });
  }
  return writeSafetensors(tensors);
}
