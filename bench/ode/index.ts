import { benchFloat64 } from "./float64.js";
import { benchPerSample } from "./per-sample.js";
import { benchSmallNetwork } from "./small-network.js";
import { benchStiff } from "./stiff.js";
import { benchMemory, benchNeuralOde, benchResidualLayer, benchStepOverhead } from "./tensors.js";

const parts = {
  layer: benchResidualLayer,
  step: benchStepOverhead,
  neural: benchNeuralOde,
  small: benchSmallNetwork,
  float64: benchFloat64,
  stiff: benchStiff,
  memory: benchMemory,
  samples: benchPerSample,
};

/** `npm run bench -- ode [layer] [step] [neural] [small] [float64] [stiff] [memory] [samples]`: the solvers beside f alone, jax-js, odex, torch, torchdiffeq, SciPy and CVODE. */
export async function run(args: string[]): Promise<void> {
  for (const [name, part] of Object.entries(parts)) if (args.length === 0 || args.includes(name)) await part();
}
