import { describeValue, LatentflowError } from "@latentflow/core";

/** Thrown by `@latentflow/experiments`. */
export class ExperimentsError extends LatentflowError {
  override readonly name: string = "ExperimentsError";
}

/** Something in the configuration or on the command line: the user can mend it without running anything. */
export class ConfigError extends ExperimentsError {
  override readonly name = "ConfigError";
}

/** Whether an error's message is written for users, and says what to do; of any other, a defect, its place matters. */
export function isForUsers(error: unknown): boolean {
  return error instanceof LatentflowError;
}

/** What was thrown, as an error: a user's module may throw anything. */
export function asError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  return new Error(`something that is no error was thrown: ${describeValue(thrown)}`, { cause: thrown });
}
