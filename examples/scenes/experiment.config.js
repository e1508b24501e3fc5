/** All seven factors of the scenes with the paper's settings, save for longer trainings and edits: `npm run experiment:scenes`. */
import { defineExperiment } from "@latentflow/experiments";

export default defineExperiment({
  preset: "paper",
  name: "Scenes: all factors",
  model: "scenes",
  attributes: "all",
  methods: ["interfacegan", "projected", "ganspace", "constant", "ode-1"],
  train: { iterations: 5000, maxTime: 8 },
  evaluate: { maxTime: 8 },
});
