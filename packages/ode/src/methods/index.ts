import { COMPACT_METHODS, type FIXED_METHODS } from "./compact.js";
import { dopri8 } from "./explicit/dopri8.js";
import { fehlberg2 } from "./explicit/fehlberg2.js";
import { ssprk33 } from "./explicit/ssprk33.js";
import { verner8 } from "./explicit/verner8.js";
import { type FIXED_IMPLICIT_METHODS, IMPLICIT_METHODS } from "./implicit/index.js";
import { type FIXED_MULTISTEP_METHODS, MULTISTEP_METHODS } from "./multistep/index.js";
import { auto } from "./switching/auto.js";

/** Explicit ones without an error estimate that small programs do not know by name. */
const MORE_FIXED_METHODS = { ssprk33 } as const;

export const EXPLICIT_METHODS = { ...COMPACT_METHODS, ...MORE_FIXED_METHODS, fehlberg2, dopri8, verner8 } as const;

/** Every method by its name. A new one is a file and a line here, among the compact ones, or among the implicit ones. */
export const METHODS = { ...EXPLICIT_METHODS, ...IMPLICIT_METHODS, ...MULTISTEP_METHODS, auto } as const;

export type MethodName = keyof typeof METHODS;
export type FixedMethodName =
  | keyof typeof FIXED_METHODS
  | keyof typeof MORE_FIXED_METHODS
  | keyof typeof FIXED_IMPLICIT_METHODS
  | keyof typeof FIXED_MULTISTEP_METHODS;
export type AdaptiveMethodName = Exclude<MethodName, FixedMethodName>;
