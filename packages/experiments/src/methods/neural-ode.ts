import { constant } from "./constant.js";
import type { TrainMethod } from "./method.js";
import { newFlow } from "./new-flow.js";
import { startsOf, trainInExperiment, trainingSettings } from "./train.js";

/** A flow with a network of some layers, trained. */
export function neuralOde(depth: number): TrainMethod {
  return {
    id: `ode-${depth}`,
    label: `Neural ODE${depth === 1 ? "" : `, depth ${depth}`}`,
    kind: "nonlinear",
    step: "train",
    needs: (edit, _, { train }) => (startsOf(train).includes("constant") ? [{ method: constant, edit }] : []),
    settings: ({ train }) => ({ train: trainingSettings(train), depth }),
    find: (context) => trainInExperiment(context, newFlow(context, depth)),
  };
}
