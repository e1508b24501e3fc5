import { LatentflowError } from "@latentflow/core";

/** Thrown by `@latentflow/experiments`. */
export class ExperimentsError extends LatentflowError {
  override readonly name = "ExperimentsError";
}
