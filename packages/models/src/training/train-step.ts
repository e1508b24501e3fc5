import { type AdamState, disposeAdamState, type Optimizer } from "@latentflow/core/optim";
import {
  add,
  addN,
  dispose,
  keep,
  mul,
  type Scalar,
  square,
  stack,
  sum,
  type Tensor,
  type Tensor2D,
  tidy,
  valueAndGrads,
} from "@tensorflow/tfjs-core";
import { MOMENTUM } from "./layers.js";
import { multiHeadLoss } from "./loss.js";
import type { BatchStatistics, TrainableNetwork } from "./network.js";

interface Trained {
  readonly parameters: Map<string, Tensor>;
  readonly buffers: Map<string, Tensor>;
  adam: AdamState;
}

/** A batch's loss, its gradients in the order of the parameters, and what its normalisations saw; the caller disposes all of it. */
export interface BatchGradient {
  readonly loss: Scalar;
  readonly gradients: Tensor[];
  readonly statistics: BatchStatistics;
}

export function batchGradient(
  network: TrainableNetwork,
  parameters: ReadonlyMap<string, Tensor>,
  inputs: Tensor,
  targets: readonly Tensor2D[],
): BatchGradient {
  const names = [...parameters.keys()];
  const statistics = new Map<string, { mean: Tensor; variance: Tensor }>();
  const forward = (...values: Tensor[]) => {
    const given = new Map(names.map((name, i) => [name, values[i]!]));
    const made = network.forward(inputs, given, null);
    for (const [name, { mean, variance }] of made.statistics)
      statistics.set(name, { mean: keep(mean.clone()), variance: keep(variance.clone()) });
    return multiHeadLoss(made.logits, targets);
  };
  const { value, grads } = valueAndGrads(forward)([...parameters.values()]);
  return { loss: value as Scalar, gradients: grads, statistics };
}

/**
 * One step of Adam in place.
 *
 * @returns the loss, and whether it and all gradients are finite; where they are not, nothing is changed
 */
export async function trainStep(
  network: TrainableNetwork,
  state: Trained,
  optimizer: Optimizer<AdamState>,
  inputs: Tensor,
  targets: readonly Tensor2D[],
): Promise<{ loss: number; finite: boolean }> {
  const { loss, gradients, statistics } = batchGradient(network, state.parameters, inputs, targets);
  const seen = [...statistics.values()].flatMap(({ mean, variance }) => [mean, variance]);
  try {
    const facts = tidy(() => stack([loss, addN(gradients.map((gradient) => sum(square(gradient))))]));
    const [value, norm] = (await facts.data()) as unknown as [number, number];
    facts.dispose();
    if (!Number.isFinite(value) || !Number.isFinite(norm)) return { loss: value, finite: false };
    const before = [...state.parameters.values()];
    const next = optimizer.update(before, gradients, state.adam);
    [...state.parameters.keys()].forEach((name, i) => void state.parameters.set(name, next.parameters[i]!));
    disposeAdamState(state.adam);
    dispose(before);
    state.adam = next.state;
    for (const [name, { mean, variance }] of statistics) {
      follow(state.buffers, `${name}.running_mean`, mean);
      follow(state.buffers, `${name}.running_var`, variance);
    }
    return { loss: value, finite: true };
  } finally {
    dispose([loss, ...gradients, ...seen]);
  }
}

/** running = (1 − momentum) · running + momentum · seen */
function follow(buffers: Map<string, Tensor>, name: string, seen: Tensor): void {
  const before = buffers.get(name)!;
  buffers.set(
    name,
    tidy(() => add(mul(before, 1 - MOMENTUM), mul(seen, MOMENTUM))),
  );
  before.dispose();
}
