import { checkChoice } from "@latentflow/core";
import { ConfigError } from "../errors.js";

/** "interfacegan", "projected", "ganspace", "sefa", "constant", "ode-1", "ode-2", … */
export type MethodId = string;

/** A way to find an edit. */
export interface Method {
  readonly id: MethodId;
  /** For people. */
  readonly label: string;
  /** Whether its paths are straight lines. */
  readonly kind: "linear" | "nonlinear";
  /** Depth of `NeuralOdeDirection` for trained methods (−1: constant); null for fitted ones. */
  readonly depth: number | null;
}

const FITTED: Readonly<Record<string, string>> = {
  interfacegan: "InterFaceGAN",
  projected: "InterFaceGAN, projected",
  ganspace: "GANSpace",
  sefa: "SeFa",
};

/** All names; flows of more depth than 9 are not. */
export const METHOD_IDS: readonly MethodId[] = [
  ...Object.keys(FITTED),
  "constant",
  ...Array.from({ length: 9 }, (_, i) => `ode-${i + 1}`),
];

/** The method of a name: "interfacegan", "projected", "ganspace", "sefa", "constant", or "ode-" and a depth of 1 to 9. */
export function methodOf(id: MethodId, field = "method"): Method {
  const depth = /^ode-([1-9])$/.exec(id)?.[1];
  if (depth !== undefined) {
    return { id, label: `Neural ODE${depth === "1" ? "" : `, depth ${depth}`}`, kind: "nonlinear", depth: Number(depth) };
  }
  if (id === "constant") return { id, label: "Trained constant", kind: "linear", depth: -1 };
  checkChoice("config", field, id, METHOD_IDS, ConfigError);
  return { id, label: FITTED[id]!, kind: "linear", depth: null };
}
