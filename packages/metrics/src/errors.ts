import { LatentflowError } from "@latentflow/core";

/** Thrown by `@latentflow/metrics`. */
export class MetricsError extends LatentflowError {
  override readonly name = "MetricsError";
}
