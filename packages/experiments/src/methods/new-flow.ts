import { NeuralOdeDirection } from "@latentflow/latent-edit";
import type { FindContext } from "./method.js";

/** @param depth of its network; −1: a constant velocity */
export function newFlow({ config, networks }: FindContext, depth: number): NeuralOdeDirection {
  const solver = { method: "rk4", steps: config.train.solverSteps } as const;
  return new NeuralOdeDirection({ latentDim: networks.latentDim, depth, seed: config.seed, solver });
}
