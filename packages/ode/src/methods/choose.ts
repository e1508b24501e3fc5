import { checkChoice } from "@latentflow/core";
import { OdeError } from "../errors.js";
import type { Method } from "./method.js";

/** Methods that an entry of the package knows by name. */
export type MethodTable = Readonly<Record<string, Method>>;

/** The method that was given, by name or itself; dopri5 where none was. */
export function chooseMethod(caller: string, named: unknown, methods: MethodTable): Method {
  const given = named === undefined ? "dopri5" : named;
  if (typeof (given as Method | undefined)?.stepper === "function") return given as Method;
  if ((given === "dopri8" || given === "verner8") && !(given in methods)) {
    throw new OdeError(
      `${caller}: expected the method ${given} itself, got its name, which @latentflow/ode/float64 does not know; import { ${given} } from there.`,
    );
  }
  return methods[checkChoice(caller, "method", given, Object.keys(methods), OdeError)]!;
}
