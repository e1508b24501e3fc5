import { type GradConfig, type Tensor, zeros } from "@tensorflow/tfjs-core";

/**
 * A comparison (and a division rounded down) is constant almost everywhere, so its gradient is zero. tfjs-core leaves these out; without them every gradient that was
 * itself written with a comparison (leaky ReLU, PReLU, minimum, …) can't be differentiated once more.
 */
function zeroGradient(kernelName: string, inputs: readonly string[]): GradConfig {
  return {
    kernelName,
    inputsToSave: [...inputs],
    gradFunc: (_dy, saved) => Object.fromEntries(inputs.map((name, i) => [name, () => zeros(saved[i]!.shape) as Tensor])),
  };
}

export const comparisonGradients: readonly GradConfig[] = [
  ...["Greater", "Less", "LessEqual", "Equal", "NotEqual", "FloorDiv", "LogicalAnd", "LogicalOr"].map((name) =>
    zeroGradient(name, ["a", "b"]),
  ),
  ...["LogicalNot", "Any", "All"].map((name) => zeroGradient(name, ["x"])),
  zeroGradient("SearchSorted", ["sortedSequence", "values"]),
];
