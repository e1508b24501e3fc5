import { explicitMethod } from "@latentflow/ode";

/** A solver from outside: Shu & Osher's strong-stability-preserving method of order 3 (J. Comput. Phys. 77, 1988). */
export const ssprk3 = explicitMethod({
  name: "ssprk3",
  order: 3,
  nodes: [0, 1, 1 / 2],
  coupling: [[], [1], [1 / 4, 1 / 4]],
  weights: [1 / 6, 1 / 6, 2 / 3],
});
