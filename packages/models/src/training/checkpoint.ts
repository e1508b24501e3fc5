import { readSafetensors, type TensorData, writeSafetensors } from "@latentflow/checkpoints";
import { type AdamState, adamStateFromData, adamStateToData } from "@latentflow/core/optim";
import { type Tensor, tensor } from "@tensorflow/tfjs-core";
import { ModelsError } from "../errors.js";
import type { TrainableNetwork } from "./network.js";
import type { StateDict } from "./parameters.js";
import type { RegressorEpoch } from "./settings.js";

const FORMAT = "latentflow training of a regressor 1";

/** Everything that training goes on from. */
export interface TrainingState {
  /** In tfjs's layout, by name. */
  readonly parameters: Map<string, Tensor>;
  readonly buffers: Map<string, Tensor>;
  adam: AdamState;
  /** Batches trained on so far. */
  step: number;
  /** Sum of the losses of the epoch's batches so far. */
  lossSum: number;
  readonly epochs: RegressorEpoch[];
  /** Weights of the best epoch, PyTorch's layout. */
  best: { readonly epoch: number; readonly state: StateDict } | null;
}

/** @param run what tells one run from another */
export async function encodeState(state: TrainingState, run: string): Promise<Uint8Array> {
  const tensors: Record<string, TensorData> = {};
  const put = (name: string, shape: readonly number[], data: Float32Array) => {
    tensors[name] = { dtype: "float32", shape: [...shape], data: Float32Array.from(data) };
  };
  for (const [name, value] of state.parameters) put(`parameter ${name}`, value.shape, (await value.data()) as Float32Array);
  for (const [name, value] of state.buffers) put(`buffer ${name}`, value.shape, (await value.data()) as Float32Array);
  const adam = await adamStateToData(state.adam);
  for (const [name, { shape, data }] of Object.entries(adam.arrays)) put(`adam ${name}`, shape, data);
  for (const [name, { shape, data }] of state.best?.state ?? []) put(`best ${name}`, shape, data);
  const { step, lossSum, epochs, best } = state;
  return writeSafetensors(tensors, {
    format: FORMAT,
    run,
    progress: JSON.stringify({ step, lossSum, epochs, adamStep: adam.step, bestEpoch: best?.epoch ?? null }),
  });
}

/** @throws ModelsError for the file of another run */
export async function decodeState(bytes: Uint8Array, run: string, network: TrainableNetwork): Promise<TrainingState> {
  const { tensors, metadata } = await readSafetensors(bytes);
  if (metadata.get("format") !== FORMAT)
    throw new ModelsError(
      `trainRegressor: expected a checkpoint of trainRegressor, got ${metadata.get("format") ?? "another file"}.`,
    );
  const found = metadata.get("run")!;
  if (found !== run)
    throw new ModelsError(
      `trainRegressor: expected the checkpoint of this run (${run}), got one of ${found}; name another file, or delete it.`,
    );
  const { adamStep, bestEpoch, ...progress } = JSON.parse(metadata.get("progress")!);
  const of = (kind: string) =>
    [...tensors]
      .filter(([name]) => name.startsWith(`${kind} `))
      .map(([name, value]) => [name.slice(kind.length + 1), value] as const);
  // A file has its own order of names, and Adam's moments are in the network's.
  const variables = (kind: string, names: StateDict) =>
    new Map([...names.keys()].map((name) => [name, tensorOf(tensors.get(`${kind} ${name}`)!)]));
  const arrays = Object.fromEntries(of("adam").map(([name, { shape, data }]) => [name, { shape, data: data as Float32Array }]));
  const best: StateDict = new Map(of("best").map(([name, { shape, data }]) => [name, { shape, data: data as Float32Array }]));
  return {
    parameters: variables("parameter", network.parameters),
    buffers: variables("buffer", network.buffers),
    adam: adamStateFromData({ step: adamStep, arrays }),
    best: bestEpoch === null ? null : { epoch: bestEpoch, state: best },
    ...progress,
  };
}

const tensorOf = ({ shape, data }: TensorData): Tensor => tensor((data as Float32Array).slice(), [...shape], "float32");
