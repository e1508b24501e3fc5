import { engine, type Tensor } from "@tensorflow/tfjs-core";

/** What records an operation for gradients. */
type AddTapeNode = (
  this: Recorder,
  kernelName: string,
  inputs: Record<string, Tensor>,
  outputs: Tensor[],
  gradient: unknown,
  saved: Tensor[],
  attrs: unknown,
) => void;

/** An operation on the tape. */
export interface TapeNode {
  readonly inputs: Record<string, Tensor>;
  readonly outputs: readonly Tensor[];
}

/** The parts of tfjs-core's engine that record operations for gradients (tfjs-core 4.22). */
export interface Recorder {
  state: { activeTape?: TapeNode[] | null; scopeStack: readonly { readonly name: string }[] };
  keep(tensor: Tensor): Tensor;
  addTapeNode: AddTapeNode;
}

/** Replaces how operations are recorded, once an engine; `name` tells the repairs apart. Nothing happens where tfjs-core records otherwise. */
export function repairRecording(name: string, replace: (addTapeNode: AddTapeNode) => AddTapeNode): void {
  const done = Symbol.for(`latentflow.${name}Repaired`);
  const recorder = engine() as unknown as Recorder & { [done: symbol]: boolean | undefined };
  if (recorder[done] || typeof recorder.addTapeNode !== "function") return;
  recorder.addTapeNode = replace(recorder.addTapeNode);
  recorder[done] = true;
}
