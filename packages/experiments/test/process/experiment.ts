import type { ExperimentOptions } from "../../src/config/types.js";

/** The experiment of the tests: every step and kind of method, in a second or two. */
export function tinyExperiment(model: string, changes: ExperimentOptions = {}): ExperimentOptions {
  return {
    preset: "quick",
    name: "tiny",
    seed: 3,
    model: { kind: "module", path: model },
    attributes: ["size", { name: "shape", from: 1, to: 2 }],
    methods: ["interfacegan", "projected", "ganspace", "constant", "ode-1"],
    sample: { codes: 240, heldOut: 90, chunk: 110, batchSize: 40 },
    fit: { ratio: 0.2, C: 1, components: 4 },
    train: { iterations: 24, batchSize: 8, maxTime: 3, learningRate: 0.02, checkpointEvery: 5 },
    evaluate: { starts: 24, times: 5, maxTime: 3, resamples: 40, batchSize: 24 },
    analyze: { probeCodes: 150, paths: 8, bins: 4 },
    pictures: { samples: 0 },
    ...changes,
  };
}
