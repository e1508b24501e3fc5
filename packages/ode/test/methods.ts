import { EXPLICIT_METHODS } from "../src/methods/index.js";

export { EXPLICIT_METHODS };

export type ExplicitMethodName = keyof typeof EXPLICIT_METHODS;

/** Every explicit method there is. */
export const methods = Object.keys(EXPLICIT_METHODS) as ExplicitMethodName[];

/** Options that every method takes, with or without an error estimate. */
export const constant = (method: ExplicitMethodName) => ({ method, stepSize: 0.1 });
