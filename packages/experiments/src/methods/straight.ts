import { LinearDirection } from "@latentflow/latent-edit";
import type { FitRecord } from "../results/index.js";
import { ofTheData } from "../store/no-result.js";
import type { FittedDirection } from "./method.js";

/** A fitted straight line along a vector, of whatever length. */
export async function straight(vector: ArrayLike<number>, record: Partial<FitRecord>): Promise<FittedDirection> {
  return { direction: await ofTheData("no direction", () => new LinearDirection(vector)), record };
}
