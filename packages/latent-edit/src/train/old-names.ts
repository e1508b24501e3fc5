import type { Score } from "./history.js";

/** A score as a checkpoint says it, under today's names: up to version 0.1.0, the losses were called `attribute` and `preservation`. */
export function scoreOfToday<S extends Score>(score: S): S {
  if (!("attribute" in score && "preservation" in score)) return score;
  const { attribute, preservation, ...rest } = score;
  return { ...rest, attributeLoss: attribute, preservationLoss: preservation } as unknown as S;
}
