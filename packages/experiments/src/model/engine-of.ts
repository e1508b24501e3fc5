import type { EngineName } from "@latentflow/engine";
import type { NetworkInfo } from "../results/index.js";

/** The engine that a run was begun with, to ask for again; a model of one's own brings its own. */
export function engineOf({ environment: { engine } }: NetworkInfo): EngineName {
  return engine.name === "own" ? "auto" : engine.name;
}
