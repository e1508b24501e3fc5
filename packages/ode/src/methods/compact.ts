import { adaptiveHeun } from "./explicit/adaptive-heun.js";
import { bosh3 } from "./explicit/bosh3.js";
import { dopri5 } from "./explicit/dopri5.js";
import { euler } from "./explicit/euler.js";
import { heun2 } from "./explicit/heun2.js";
import { heun3 } from "./explicit/heun3.js";
import { midpoint } from "./explicit/midpoint.js";
import { ralston2 } from "./explicit/ralston2.js";
import { rk4 } from "./explicit/rk4.js";
import { rk4Classic } from "./explicit/rk4-classic.js";
import { tsit5 } from "./explicit/tsit5.js";

/** Methods without an error estimate: they take the steps they are given. */
export const FIXED_METHODS = { euler, midpoint, heun2, ralston2, heun3, rk4, rk4_classic: rk4Classic } as const;

/** Methods that every program knows by name. The coefficients of those of order 8 would be a fifth of a small program: it names what it needs. */
export const COMPACT_METHODS = { ...FIXED_METHODS, adaptive_heun: adaptiveHeun, bosh3, dopri5, tsit5 } as const;
