import { collocationMethod } from "./collocation-method.js";

/** Gauss–Legendre of order 4: A-stable, symplectic. Dense output: its collocation polynomial, order 2. Hairer & Wanner II, table IV.5.1. */
export const gl4 = /* @__PURE__ */ collocationMethod("gl4", 4, () => {
  const root3 = Math.sqrt(3);
  return [(3 - root3) / 6, (3 + root3) / 6];
});

/** Gauss–Legendre of order 6: A-stable, symplectic. Dense output: its collocation polynomial, order 3. Hairer & Wanner II, table IV.5.2. */
export const gl6 = /* @__PURE__ */ collocationMethod("gl6", 6, () => {
  const root15 = Math.sqrt(15);
  return [(5 - root15) / 10, 1 / 2, (5 + root15) / 10];
});
