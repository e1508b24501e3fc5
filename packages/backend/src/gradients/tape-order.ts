import { engine, type Tensor } from "@tensorflow/tfjs-core";

/** The parts of tfjs-core's engine that record operations for gradients (tfjs-core 4.22). */
interface Recorder {
  state: { activeTape?: TapeNode[] | null };
  addTapeNode: (
    kernelName: string,
    inputs: Record<string, Tensor>,
    outputs: Tensor[],
    gradient: unknown,
    saved: Tensor[],
    attrs: unknown,
  ) => void;
}
interface TapeNode {
  readonly inputs: Record<string, Tensor>;
  readonly outputs: readonly Tensor[];
}

const REPAIRED = Symbol.for("latentflow.tapeOrderRepaired");

/**
 * Makes second derivatives right for operations whose gradient uses their own output (exp, tanh, sigmoid, softmax, elu, …).
 *
 * tfjs-core records the copy of the output, which it saves for the gradient, before it records the operation that made it. When a gradient is
 * differentiated again, the tape is read once from front to back, so the path through that copy is missed: an error at best, a silently wrong
 * second derivative when another path exists. Here those copies are put behind their operation.
 */
export function repairTapeOrder(): void {
  const recorder = engine() as unknown as Recorder & { [REPAIRED]?: boolean };
  if (recorder[REPAIRED] || typeof recorder.addTapeNode !== "function") return;
  const addTapeNode = recorder.addTapeNode;
  recorder.addTapeNode = function (this: Recorder, kernelName, inputs, outputs, gradient, saved, attrs) {
    addTapeNode.call(this, kernelName, inputs, outputs, gradient, saved, attrs);
    const tape = this.state.activeTape;
    if (tape && saved && saved.length > 0) moveCopiesBehind(tape, outputs, saved.length);
  };
  recorder[REPAIRED] = true;
}

/**
 * The last node made `outputs`; the nodes right before it are the copies that it saved, of inputs and of outputs. A node that reads an output
 * before the output was recorded can only be such a copy.
 */
function moveCopiesBehind(tape: TapeNode[], outputs: readonly Tensor[], savedCount: number): void {
  const recent = tape.splice(Math.max(0, tape.length - 1 - savedCount));
  const readsOutput = (node: TapeNode) => outputs.some((output) => output.id === node.inputs.x?.id);
  tape.push(...recent.filter((node) => !readsOutput(node)), ...recent.filter(readsOutput));
}
