import { adaptiveHeun } from "./adaptive-heun.js";
import { bosh3 } from "./bosh3.js";
import { dopri5 } from "./dopri5.js";
import { dopri8 } from "./dopri8.js";
import { euler } from "./euler.js";
import { heun2 } from "./heun2.js";
import { heun3 } from "./heun3.js";
import { midpoint } from "./midpoint.js";
import { ralston2 } from "./ralston2.js";
import { rk4 } from "./rk4.js";
import { rk4Classic } from "./rk4-classic.js";
import type { ExplicitMethod } from "./tableau.js";
import { tsit5 } from "./tsit5.js";
import { verner8 } from "./verner8.js";

/** Methods with an error estimate: they choose their steps. */
export const ADAPTIVE_METHODS = { adaptive_heun: adaptiveHeun, bosh3, dopri5, tsit5, dopri8, verner8 } as const;

/** Methods that take the steps they are given. */
export const FIXED_METHODS = { euler, midpoint, heun2, ralston2, heun3, rk4, rk4_classic: rk4Classic } as const;

/** Every method by its name. A new one is a file and a line here. */
export const METHODS = { ...FIXED_METHODS, ...ADAPTIVE_METHODS } as const;

export type AdaptiveMethodName = keyof typeof ADAPTIVE_METHODS;
export type FixedMethodName = keyof typeof FIXED_METHODS;
export type MethodName = keyof typeof METHODS;

export function methodNamed(name: MethodName): ExplicitMethod {
  return METHODS[name];
}

export const METHOD_NAMES = Object.keys(METHODS) as MethodName[];

export function isAdaptive(name: MethodName): name is AdaptiveMethodName {
  return name in ADAPTIVE_METHODS;
}
