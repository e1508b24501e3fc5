import { collocationMethod } from "./collocation-method.js";

const root6 = Math.sqrt(6);

/** Radau IIA of order 3: L-stable, stiffly accurate. Dense output: its collocation polynomial, order 2. Hairer & Wanner II, table IV.5.5. */
export const radauIIA3 = collocationMethod("radauIIA3", 3, [1 / 3, 1]);

/** Radau IIA of order 5 for given steps; `radau5` chooses its own. Dense output: its collocation polynomial, order 3. Hairer & Wanner II, table IV.5.6. */
export const radauIIA5 = collocationMethod("radauIIA5", 5, [(4 - root6) / 10, (4 + root6) / 10, 1]);
