import { LatentflowError } from "@latentflow/core";

/** Thrown by `@latentflow/experiments`. */
export class ExperimentsError extends LatentflowError {
  override readonly name: string = "ExperimentsError";
}

/** Something in the configuration or on the command line: the user can mend it without running anything. */
export class ConfigError extends ExperimentsError {
  override readonly name = "ConfigError";
}
