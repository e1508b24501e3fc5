import type { TensorData } from "@latentflow/checkpoints";
import { SeededRandom } from "@latentflow/core";

/** An untrained StyleGAN2 of 8 px with two channels a layer and latent dimension 64, under rosinality's names. Stands in for the shipped one. */
export function tinyGenerator(seed: number): Map<string, TensorData> {
  const random = new SeededRandom(seed);
  const latent = 64;
  const channels = 2;
  const tensors = new Map<string, TensorData>();
  const add = (name: string, ...shape: number[]): void => {
    const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal());
    tensors.set(name, { dtype: "float32", shape, data });
  };
  const modulated = (name: string, outputs: number, size: number): void => {
    add(`${name}.conv.weight`, 1, outputs, channels, size, size);
    add(`${name}.conv.modulation.weight`, channels, latent);
    add(`${name}.conv.modulation.bias`, channels);
  };
  for (let i = 1; i <= 3; i++) {
    add(`style.${i}.weight`, latent, latent);
    add(`style.${i}.bias`, latent);
  }
  add("input.input", 1, channels, 4, 4);
  for (const name of ["conv1", "convs.0", "convs.1"]) {
    modulated(name, channels, 3);
    add(`${name}.noise.weight`, 1);
    add(`${name}.activate.bias`, channels);
  }
  for (const name of ["to_rgb1", "to_rgbs.0"]) {
    modulated(name, 3, 1);
    add(`${name}.bias`, 1, 3, 1, 1);
  }
  [4, 8, 8].forEach((side, i) => {
    add(`noises.noise_${i}`, 1, 1, side, side);
  });
  add("latent_avg", latent);
  return tensors;
}
