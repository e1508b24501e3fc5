import { bdf } from "./bdf.js";

/** Methods that remember earlier steps. */
export const MULTISTEP_METHODS = { bdf } as const;
