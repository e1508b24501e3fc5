import { LatentflowError } from "@latentflow/core";

/** Base class of the errors that `@latentflow/scenes` throws. */
export class ScenesError extends LatentflowError {
  override readonly name: string = "ScenesError";
}
