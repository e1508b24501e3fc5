import type { Tensor } from "@tensorflow/tfjs-core";
import { repairRecording, type TapeNode } from "./recorder.js";

/**
 * Makes second derivatives right for operations whose gradient uses their own output (exp, tanh, sigmoid, softmax, elu, …).
 *
 * tfjs-core records the copy of the output, which it saves for the gradient, before it records the operation that made it. When a gradient is
 * differentiated again, the tape is read once from front to back, so the path through that copy is missed: an error at best, a silently wrong
 * second derivative when another path exists. Here those copies are put behind their operation.
 */
export function repairTapeOrder(): void {
  repairRecording("tapeOrder", (addTapeNode) => {
    return function (kernelName, inputs, outputs, gradient, saved, attrs) {
      addTapeNode.call(this, kernelName, inputs, outputs, gradient, saved, attrs);
      const tape = this.state.activeTape;
      if (tape && saved && saved.length > 0) moveCopiesBehind(tape, outputs, saved.length);
    };
  });
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
