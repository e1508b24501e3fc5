export type { ExperimentConfig } from "./config.js";
export { ExperimentsError } from "./errors.js";
export type * from "./results.js";
