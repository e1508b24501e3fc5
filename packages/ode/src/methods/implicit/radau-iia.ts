import { collocationMethod } from "./collocation-method.js";
import { radauNodes } from "./radau-nodes.js";

/** Radau IIA of order 3: L-stable, stiffly accurate. Dense output: its collocation polynomial, order 2. Hairer & Wanner II, table IV.5.5. */
export const radauIIA3 = /* @__PURE__ */ collocationMethod("radauIIA3", 3, () => [1 / 3, 1]);

/** Radau IIA of order 5 for given steps; `radau5` chooses its own. Dense output: its collocation polynomial, order 3. Hairer & Wanner II, table IV.5.6. */
export const radauIIA5 = /* @__PURE__ */ collocationMethod("radauIIA5", 5, radauNodes);
