import { LatentflowError } from "@latentflow/core";

/** Thrown by `@latentflow/engine`. */
export class EngineError extends LatentflowError {
  override readonly name = "EngineError";
}
