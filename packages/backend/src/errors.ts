import { LatentflowError } from "@latentflow/core";

/** Thrown by `@latentflow/backend`. */
export class BackendError extends LatentflowError {
  override readonly name = "BackendError";
}
