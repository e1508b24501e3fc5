import { adam } from "@latentflow/core/optim";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { TrainingState } from "./checkpoint.js";
import type { TrainableNetwork } from "./network.js";
import { type StateDict, toStored, toVariable } from "./parameters.js";

/** Where training begins. */
export function startOf(network: TrainableNetwork): TrainingState {
  const parameters = variablesOf(network.parameters);
  return {
    parameters,
    buffers: variablesOf(network.buffers),
    adam: adam().init([...parameters.values()]),
    step: 0,
    lossSum: 0,
    epochs: [],
    best: null,
  };
}

const variablesOf = (state: StateDict) => new Map([...state].map(([name, value]) => [name, toVariable(value)]));

/** Weights and running statistics as PyTorch has them. */
export async function valuesOf(
  network: TrainableNetwork,
  { parameters, buffers }: Pick<TrainingState, "parameters" | "buffers">,
): Promise<StateDict> {
  const state: StateDict = new Map();
  const put = async (name: string, shape: readonly number[], value: Tensor) =>
    state.set(name, { shape, data: toStored((await value.data()) as Float32Array, shape) });
  for (const [name, { shape }] of network.parameters) await put(name, shape, parameters.get(name)!);
  for (const [name, { shape }] of network.buffers) await put(name, shape, buffers.get(name)!);
  return state;
}

/** Variables of other weights for the same network. */
export function withValues(
  network: TrainableNetwork,
  state: StateDict,
): Pick<TrainingState, "parameters" | "buffers" | "epochs"> {
  const of = (names: StateDict) => new Map([...names.keys()].map((name) => [name, toVariable(state.get(name)!)]));
  return { parameters: of(network.parameters), buffers: of(network.buffers), epochs: [] };
}
