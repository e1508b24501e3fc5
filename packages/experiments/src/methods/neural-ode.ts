import { NeuralOdeDirection } from "@latentflow/latent-edit";
import type { FindContext, TrainMethod } from "./method.js";
import { trainInExperiment, trainingSettings } from "./train.js";

/** A flow with a network of some layers, trained. */
export function neuralOde(depth: number): TrainMethod {
  return {
    id: `ode-${depth}`,
    label: `Neural ODE${depth === 1 ? "" : `, depth ${depth}`}`,
    kind: "nonlinear",
    step: "train",
    settings: ({ train }) => ({ train: trainingSettings(train), depth }),
    find: (context) => trainInExperiment(context, newFlow(context, depth)),
  };
}

/** @param depth of its network; −1: a constant velocity */
export function newFlow({ config, networks }: FindContext, depth: number): NeuralOdeDirection {
  const solver = { method: "rk4", steps: config.train.solverSteps } as const;
  return new NeuralOdeDirection({ latentDim: networks.latentDim, depth, seed: config.seed, solver });
}
