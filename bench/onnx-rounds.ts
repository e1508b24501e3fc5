import type { AttributeModel, LossRequest } from "@latentflow/core";
import { dispose, type Tensor } from "@tensorflow/tfjs-core";
import type { Peer } from "./peer.js";

export const DIRECTIONS = ["forward", "gradient"] as const;

/** What takes turns: a model on ONNX Runtime, and PyTorch in some formulations where it is found. */
export interface Contest {
  readonly model: AttributeModel;
  readonly w: Tensor;
  readonly loss: LossRequest;
  readonly peer: Peer | undefined;
  readonly formulations: readonly string[];
  readonly rounds: number;
}

/** Seconds of each round, by `onnx DIRECTION` and `FORMULATION DIRECTION`, after one that makes sessions, compiles and warms up. */
export async function secondsInTurns({ model, w, loss, peer, formulations, rounds }: Contest): Promise<Record<string, number[]>> {
  const work = {
    forward: async () => dispose(await model.logits(w)),
    gradient: async () => {
      const { gradient, logits } = await model.lossAndGradient(w, loss);
      dispose([gradient, ...logits]);
    },
  };
  const seconds: Record<string, number[]> = {};
  for (let round = -1; round < rounds; round++) {
    const measured: Record<string, number> = {};
    for (const direction of DIRECTIONS) {
      const start = performance.now();
      await work[direction]();
      measured[`onnx ${direction}`] = (performance.now() - start) / 1000;
      if (!peer) continue;
      for (const kind of formulations) measured[`${kind} ${direction}`] = await peer.seconds(`${kind} ${direction}`);
    }
    if (round < 0) continue;
    for (const [name, value] of Object.entries(measured)) seconds[name] = [...(seconds[name] ?? []), value];
  }
  return seconds;
}
