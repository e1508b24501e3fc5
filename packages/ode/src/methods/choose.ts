import { checkChoice } from "@latentflow/core";
import { OdeError } from "../errors.js";
import type { ExplicitMethod } from "./explicit/tableau.js";

/** Methods that an entry of the package knows by name. */
export type MethodTable = Readonly<Record<string, ExplicitMethod>>;

/** The method that was given, by name or itself; dopri5 where none was. */
export function chooseMethod(caller: string, given: unknown, methods: MethodTable): ExplicitMethod {
  if ((given as ExplicitMethod | undefined)?.kind === "explicit-runge-kutta") return given as ExplicitMethod;
  if ((given === "dopri8" || given === "verner8") && !(given in methods)) {
    throw new OdeError(
      `${caller}: expected the method ${given} itself, got its name, which @latentflow/ode/float64 does not know; import { ${given} } from there.`,
    );
  }
  return methods[checkChoice(caller, "method", given ?? "dopri5", Object.keys(methods), OdeError)]!;
}

/** Whether a method can choose its steps. */
export const estimatesError = (method: ExplicitMethod): boolean => method.errorWeights !== undefined;
