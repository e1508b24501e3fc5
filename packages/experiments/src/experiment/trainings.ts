import { MAX_SEED } from "../config/schema.js";
import type { ExperimentConfig } from "../config/types.js";
import type { FindContext, Method } from "../methods/method.js";

/** One training of a method, or the one way to find a method that isn't trained. */
export interface Training {
  /** The method with this training's seed; its folders are called after its id. The first is the method itself. */
  readonly method: Method;
  readonly seed: number;
}

/** Between the seeds of two trainings, so that none takes numbers of the next, whatever a training draws from its seed and the few after it. */
const STRIDE = 1000;

/** All trainings of a method, `train.seeds` of those that are trained. */
export function trainingsOf(method: Method, { train, seed }: Pick<ExperimentConfig, "train" | "seed">): Training[] {
  const count = method.step === "train" ? (train.seeds ?? 1) : 1;
  return Array.from({ length: count }, (_, k) => {
    const own = (seed + STRIDE * k) % (MAX_SEED + 1);
    return { method: k === 0 ? method : withSeed(method, k, own), seed: own };
  });
}

/** The method as it is, but for its id, the seed that it is given, and trained methods that it needs, which are given the same. */
function withSeed(method: Method, k: number, seed: number): Method {
  const find = (context: FindContext) => method.find({ ...context, config: { ...context.config, seed } });
  const needs: Method["needs"] = (...given) =>
    (method.needs?.(...given) ?? []).map((needed) =>
      needed.method.step === "train" ? { ...needed, method: withSeed(needed.method, k, seed) } : needed,
    );
  const id = { value: `${method.id}_seed-${k}`, enumerable: true };
  return Object.create(method, { id, find: { value: find }, needs: { value: needs } }) as Method;
}
