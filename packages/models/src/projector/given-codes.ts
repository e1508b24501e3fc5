import { type Codes, isTensor, toCodeNumbers } from "@latentflow/core";
import { type Tensor, tensor } from "@tensorflow/tfjs-core";
import { ModelsError } from "../errors.js";

/** Codes of a caller as tensors: given ones stay the caller's, those made of numbers are disposed together. */
export class GivenCodes {
  private readonly made: Tensor[] = [];

  /** Whoever reads the tensor checks its shape. */
  tensor(name: string, codes: Codes | undefined): Tensor | undefined {
    if (codes === undefined || isTensor(codes)) return codes;
    const { data, shape } = toCodeNumbers("project", name, codes, ModelsError);
    const made = tensor(Float32Array.from(data), [...shape]);
    this.made.push(made);
    return made;
  }

  dispose(): void {
    for (const one of this.made) one.dispose();
  }
}
