import { checkNumber, checkTensor, isList, SeededRandom } from "@latentflow/core";
import { mul, type Rank, reshape, type Tensor, type Tensor4D } from "@tensorflow/tfjs-core";
import { ModelsError } from "../errors.js";
import type { StyledLayer } from "./layers.js";

/**
 * Noise that the synthesis adds to every layer: "fixed", the maps of the file (the same code gives the same picture); "none"; fresh maps from a
 * seed, others for every image; or given maps, one a layer, each [side, side] or [n, side, side, 1].
 */
export type Noise = "fixed" | "none" | { readonly seed: number } | readonly Tensor[];

export function isNoise(value: unknown): value is Noise {
  return (
    value === "fixed" || value === "none" || (typeof value === "object" && value !== null && (isList(value) || "seed" in value))
  );
}

/** Noise of each layer, times its strength; made when it is asked for. */
export function noiseOf(noise: Noise, layers: readonly StyledLayer[], images: number): (layer: number) => Tensor4D | undefined {
  if (noise === "fixed") return (i) => layers[i]!.noise;
  if (noise === "none") return () => undefined;
  if (isList<Tensor>(noise)) return givenNoise(noise, layers, images);
  const random = new SeededRandom(checkNumber("synthesize", "the noise's seed", noise.seed, { integer: true }, ModelsError));
  return (i) => {
    const { side, noiseStrength } = layers[i]!;
    return random.normalTensor<Rank.R4>([images, side, side, 1], 0, noiseStrength);
  };
}

function givenNoise(noise: readonly Tensor[], layers: readonly StyledLayer[], images: number): (layer: number) => Tensor4D {
  if (noise.length !== layers.length) {
    throw new ModelsError(`synthesize: expected ${layers.length} noise maps, one a layer, got ${noise.length}.`);
  }
  noise.forEach((map, i) => {
    checkTensor("synthesize", `noise ${i}`, map, "a tensor", ModelsError);
  });
  return (i) => {
    const { side, noiseStrength } = layers[i]!;
    const map = noise[i]!;
    const shape = map.shape.join();
    if (shape !== `${side},${side}` && shape !== `${images},${side},${side},1` && shape !== `1,${side},${side},1`) {
      throw new ModelsError(
        `synthesize: expected noise ${i} to be [${side}, ${side}] or [${images}, ${side}, ${side}, 1], got [${map.shape.join(", ")}].`,
      );
    }
    return mul(reshape(map, [-1, side, side, 1]), noiseStrength) as Tensor4D;
  };
}
