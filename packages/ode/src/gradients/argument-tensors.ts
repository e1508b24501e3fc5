import { Tensor } from "@tensorflow/tfjs-core";
import { flatten, type Tree, unflatten } from "../state/tree.js";

/** The tensors inside `args`, and how to put others in their place. */
export interface ArgumentTensors {
  readonly tensors: Tensor[];
  /** `args` with its tensors replaced; everything else as it was. */
  withTensors(tensors: readonly Tensor[]): unknown;
}

export function argumentTensors(caller: string, args: unknown): ArgumentTensors {
  if (args === undefined) return { tensors: [], withTensors: () => undefined };
  const { leaves, structure } = flatten(args as Tree<unknown>, { caller, name: "args" });
  return {
    tensors: leaves.filter((leaf) => leaf instanceof Tensor),
    withTensors: (tensors) => {
      let next = 0;
      return unflatten(
        structure,
        leaves.map((leaf) => (leaf instanceof Tensor ? tensors[next++] : leaf)),
      );
    },
  };
}
