import type { TrainConfig } from "../config/types.js";
import type { TrainStart } from "./choose.js";
import type { TrainMethod } from "./method.js";
import { newFlow } from "./new-flow.js";
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

/** Where flows begin as the trained constant does, it begins itself as InterFaceGAN's line. */
function withItsRate(train: TrainConfig): TrainingSettings {
  const { start, candidates, ...settings } = trainingSettings(train);
  const own = <T extends { start?: TrainStart | undefined }>(one: T): T =>
    one.start === "constant" ? { ...one, start: "line" } : one;
  return {
    ...own({ ...settings, ...(start && { start }) }),
    ...(candidates && { candidates: candidates.map(own) }),
    learningRate: train.constantRate * train.learningRate,
  };
}
