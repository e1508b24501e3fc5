import { LatentflowError } from "@latentflow/core";

/** Thrown by `@latentflow/datasets`. */
export class DatasetsError extends LatentflowError {
  override readonly name = "DatasetsError";
}

/** What a thrown value says. */
export function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
