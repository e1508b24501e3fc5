import { type DeclaredOptions, type GivenOptions, readOptions } from "@latentflow/core";
import { type AdaptiveMethodName, type FixedMethodName, METHODS, type Method } from "@latentflow/ode";
import { LatentEditError } from "../errors.js";

/** Flows are solved on tensors, by explicit methods. */
const EXPLICIT = Object.entries<Method>(METHODS).flatMap(([name, { implicit, float64Only }]) =>
  implicit || float64Only ? [] : [name],
) as readonly (FixedMethodName | AdaptiveMethodName)[];

const FIXED = {
  method: { choices: EXPLICIT },
  steps: { min: 1, integer: true },
} as const satisfies DeclaredOptions;

const ADAPTIVE = {
  method: { choices: EXPLICIT },
  /** Relative tolerance (default 1e-5). */
  rtol: { optional: true, min: 0 },
  /** Absolute tolerance (default 1e-6). */
  atol: { optional: true, min: 0 },
} as const satisfies DeclaredOptions;

/** `steps` equal steps over [0, t], however long t is: one 3/8 step is how the paper trains. */
export interface FixedSolver extends GivenOptions<typeof FIXED> {}

/** Steps chosen by an error estimate: the flow itself, to a tolerance. */
export interface AdaptiveSolver extends GivenOptions<typeof ADAPTIVE> {
  readonly method: AdaptiveMethodName;
}

/** How a flow is integrated. Part of the edit: another solver is another edit. */
export type FlowSolver = FixedSolver | AdaptiveSolver;

/** One step of the 3/8 rule, as the paper trains. */
export const PAPER_SOLVER: FixedSolver = { method: "rk4", steps: 1 };

/** Close to the exact flow in float32: what other solvers are compared with. */
export const CONVERGED_SOLVER: AdaptiveSolver = { method: "dopri5", rtol: 1e-6, atol: 1e-7 };

export function isFixed(solver: FlowSolver): solver is FixedSolver {
  return typeof solver === "object" && solver !== null && "steps" in solver;
}

/** An option that is a solver. */
export const SOLVER = { check: checkSolver } as const;

/** Returns `solver` when it is complete and known. */
function checkSolver(caller: string, solver: FlowSolver): FlowSolver {
  const solverOptions = { options: isFixed(solver) ? FIXED : ADAPTIVE };
  readOptions(caller, { solver: solverOptions }, { solver }, LatentEditError);
  if (!isFixed(solver) && !METHODS[solver.method].estimatesError) {
    throw new LatentEditError(
      `${caller}: expected a number of steps for ${solver.method}, which has no error estimate; give solver: { method, steps }.`,
    );
  }
  return solver;
}
