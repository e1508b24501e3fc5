import type { TrainConfig } from "../config/types.js";
import type { TrainMethod } from "./method.js";
import { newFlow } from "./neural-ode.js";
import { type TrainingSettings, trainInExperiment, trainingSettings } from "./train.js";

/** A flow without a network is a constant velocity. */
const DEPTH = -1;

/** A straight line, trained as flows are. */
export const constant: TrainMethod = {
  id: "constant",
  label: "Trained constant",
  kind: "linear",
  step: "train",
  settings: ({ train }) => ({ train: withItsRate(train), depth: DEPTH }),
  find: (context) => trainInExperiment(context, newFlow(context, DEPTH), withItsRate(context.config.train)),
};

function withItsRate(train: TrainConfig): TrainingSettings {
  return { ...trainingSettings(train), learningRate: train.constantRate * train.learningRate };
}
