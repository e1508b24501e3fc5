import { LatentflowError } from "@latentflow/core";

/** Thrown by `@latentflow/models`: a file that holds another network than expected, or wrong arguments. */
export class ModelsError extends LatentflowError {
  override readonly name = "ModelsError";
}
