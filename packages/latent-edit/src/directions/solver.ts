import { checkChoice, checkNumber, checkOptions, checkRequired } from "@latentflow/core";
import { type AdaptiveMethodName, type FixedMethodName, METHODS, type Method } from "@latentflow/ode";
import { LatentEditError } from "../errors.js";

/** `steps` equal steps over [0, t], however long t is: one 3/8 step is how the paper trains. */
export interface FixedSolver {
  readonly method: FixedMethodName | AdaptiveMethodName;
  readonly steps: number;
}

/** Steps chosen by an error estimate: the flow itself, to a tolerance. */
export interface AdaptiveSolver {
  readonly method: AdaptiveMethodName;
  /** Relative tolerance (default 1e-5). */
  readonly rtol?: number;
  /** Absolute tolerance (default 1e-6). */
  readonly atol?: number;
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

/** Flows are solved on tensors, by explicit methods. */
const EXPLICIT = Object.entries<Method>(METHODS).flatMap(([name, { implicit, float64Only }]) =>
  implicit || float64Only ? [] : [name],
);

/** Throws unless `solver` is complete and known. */
export function checkSolver(caller: string, solver: FlowSolver): FlowSolver {
  checkRequired(`${caller}: solver`, solver, ["method"], LatentEditError);
  checkOptions(`${caller}: solver`, solver, isFixed(solver) ? ["method", "steps"] : ["method", "rtol", "atol"], LatentEditError);
  checkChoice(caller, "solver.method", solver.method, EXPLICIT, LatentEditError);
  if (!isFixed(solver) && !METHODS[solver.method].estimatesError) {
    throw new LatentEditError(
      `${caller}: expected a number of steps for ${solver.method}, which has no error estimate; give solver: { method, steps }.`,
    );
  }
  if (isFixed(solver)) checkNumber(caller, "solver.steps", solver.steps, { min: 1, integer: true }, LatentEditError);
  else {
    checkNumber(caller, "solver.rtol", solver.rtol ?? 0, { min: 0 }, LatentEditError);
    checkNumber(caller, "solver.atol", solver.atol ?? 0, { min: 0 }, LatentEditError);
  }
  return solver;
}
