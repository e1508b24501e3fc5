import { METHODS, type MethodName } from "@latentflow/ode";

/** Every method there is. */
export const methods = Object.keys(METHODS) as MethodName[];

/** Options that every method takes, with or without an error estimate. */
export const constant = (method: MethodName) => ({ method, stepSize: 0.1 });
