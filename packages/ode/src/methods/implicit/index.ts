import { gl4, gl6 } from "./gauss.js";
import { implicitEuler } from "./implicit-euler.js";
import { implicitMidpoint } from "./implicit-midpoint.js";
import { kvaerno3 } from "./kvaerno3.js";
import { kvaerno5 } from "./kvaerno5.js";
import { radauIIA3, radauIIA5 } from "./radau-iia.js";
import { radau5 } from "./radau5.js";
import { rodas5p } from "./rodas5p.js";
import { sdirk2 } from "./sdirk2.js";
import { trapezoid } from "./trapezoid.js";
import { trbdf2 } from "./trbdf2.js";

/** Implicit methods without an error estimate: they take the steps they are given. */
export const FIXED_IMPLICIT_METHODS = {
  implicit_euler: implicitEuler,
  implicit_midpoint: implicitMidpoint,
  trapezoid,
  gl4,
  gl6,
  radauIIA3,
  radauIIA5,
} as const;

/** Implicit methods, for stiff problems. */
export const IMPLICIT_METHODS = { ...FIXED_IMPLICIT_METHODS, sdirk2, trbdf2, kvaerno3, kvaerno5, radau5, rodas5p } as const;
