import { checkNumber } from "@latentflow/core";
import { LatentEditError } from "./errors.js";

/** Returns `seed` when it is an integer that a double holds exactly. */
export function checkSeed(caller: string, seed: unknown): number {
  const limits = { integer: true, min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER };
  return checkNumber(caller, "seed", seed, limits, LatentEditError);
}
