import type { ExperimentConfig, PresetName } from "./types.js";

const PAPER: ExperimentConfig = {
  name: "latentflow experiment",
  seed: 0,
  model: { kind: "scenes", from: null },
  truncation: 1,
  attributes: "all",
  methods: ["interfacegan", "projected", "constant", "ode-1"],
  sample: { codes: 20_000, heldOut: 10_000, chunk: 2000, batchSize: 50 },
  fit: { ratio: 0.02, C: 1, components: 64 },
  train: {
    iterations: 1000,
    batchSize: 32,
    maxTime: 6,
    learningRate: 1e-3,
    constantRate: 1,
    decayEvery: 1000,
    decayFactor: 0.5,
    temperature: 4,
    preservation: 1,
    solverSteps: 1,
    checkpointEvery: 50,
  },
  evaluate: { starts: 2000, times: 40, maxTime: 6, control: "target", resamples: 1000, confidence: 0.95, batchSize: 100 },
  analyze: { probeCodes: 5000, probe: "neighbours", paths: 200, k: null, bins: 20 },
  pictures: { samples: 4, frames: 22 },
};

const DEMO: ExperimentConfig = {
  ...PAPER,
  name: "latentflow demo",
  sample: { ...PAPER.sample, codes: 3000, heldOut: 1200, chunk: 600 },
  fit: { ...PAPER.fit, ratio: 0.05 },
  train: { ...PAPER.train, iterations: 200, learningRate: 0.02, constantRate: 2.5, decayEvery: 100, checkpointEvery: 20 },
  evaluate: { ...PAPER.evaluate, starts: 150, times: 13, resamples: 500 },
  analyze: { ...PAPER.analyze, probeCodes: 1500, paths: 50 },
};

const QUICK: ExperimentConfig = {
  ...DEMO,
  name: "latentflow demo, quick",
  sample: { ...DEMO.sample, codes: 800, heldOut: 300, chunk: 275 },
  fit: { ...DEMO.fit, ratio: 0.1 },
  train: { ...DEMO.train, iterations: 30, batchSize: 16, learningRate: 0.05, constantRate: 1, decayEvery: 1000 },
  evaluate: { ...DEMO.evaluate, starts: 40, times: 7, resamples: 200 },
  analyze: { ...DEMO.analyze, probeCodes: 500, paths: 20 },
  pictures: { samples: 2, frames: 8 },
};

/** Settings that a configuration begins with. */
export const PRESETS: Readonly<Record<PresetName, ExperimentConfig>> = { paper: PAPER, demo: DEMO, quick: QUICK };
