/** Thrown by `@latentflow/metrics`. The package imports nothing of latentflow, so its base is the platform's own `Error`. */
export class MetricsError extends Error {
  override readonly name = "MetricsError";
}
