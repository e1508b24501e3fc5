/** `node train.js FILE`: trains with a checkpoint at every iteration, prints each iteration done, then the weights. */
import { useBackend } from "@latentflow/backend";
import { NeuralOdeDirection } from "../../src/directions/neural-ode-direction.js";
import { fileStore } from "../../src/files.js";
import { tfjsModel } from "../../src/model/tfjs-model.js";
import { trainDirection } from "../../src/train/train-direction.js";
import { D, generator, regressor } from "../small-world.js";
import { PROBLEM } from "./problem.js";

await useBackend("wasm");
const direction = new NeuralOdeDirection({ latentDim: D, depth: 2 });
const history = await trainDirection(direction, {
  ...PROBLEM,
  model: tfjsModel({ generator, regressor }),
  checkpoint: { store: fileStore(process.argv[2]!), every: 1 },
  onProgress: ({ iteration }) => console.log(`iteration ${iteration}`),
});
const weights = direction.variables.map((variable) => Array.from(variable.dataSync()));
console.log(`result ${JSON.stringify({ weights, batches: history.batches })}`);
