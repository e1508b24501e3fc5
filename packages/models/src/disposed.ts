import { ModelsError } from "./errors.js";

/** Throws when a network is used after its weights were freed. */
export function checkAlive(caller: string, network: string, disposed: boolean): void {
  if (!disposed) return;
  throw new ModelsError(
    `${caller}: expected a ${network}, got one that has been disposed. Load it again, or dispose it after its last use.`,
  );
}
