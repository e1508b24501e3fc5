import { explicitAdams, implicitAdams } from "./adams.js";
import { bdf } from "./bdf.js";

/** Those without an error estimate: they take the steps they are given. */
export const FIXED_MULTISTEP_METHODS = { explicit_adams: explicitAdams, implicit_adams: implicitAdams } as const;

/** Methods that remember earlier steps. */
export const MULTISTEP_METHODS = { ...FIXED_MULTISTEP_METHODS, bdf } as const;
