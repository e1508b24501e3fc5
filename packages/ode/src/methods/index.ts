import { COMPACT_METHODS, type FIXED_METHODS } from "./compact.js";
import { dopri8 } from "./explicit/dopri8.js";
import { verner8 } from "./explicit/verner8.js";

/** Every method by its name. A new one is a file and a line here, or among the compact ones. */
export const METHODS = { ...COMPACT_METHODS, dopri8, verner8 } as const;

export type MethodName = keyof typeof METHODS;
export type FixedMethodName = keyof typeof FIXED_METHODS;
export type AdaptiveMethodName = Exclude<MethodName, FixedMethodName>;
