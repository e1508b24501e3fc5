import { LatentflowError } from "@latentflow/core";

/** Thrown by `@latentflow/latent-edit`. */
export class LatentEditError extends LatentflowError {
  override readonly name = "LatentEditError";
}
