import { LatentEditError } from "../errors.js";

/** Throws for weights that are not finite: a flow of them goes nowhere, and nothing could tell why later. */
export function checkWeights(caller: string, name: string, data: ArrayLike<number | bigint>): void {
  for (let i = 0; i < data.length; i++) {
    if (Number.isFinite(Number(data[i]))) continue;
    throw new LatentEditError(`${caller}: expected finite weights, got ${data[i]} in ${name}; train or load the direction anew.`);
  }
}
