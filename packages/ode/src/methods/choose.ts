import { checkChoice } from "@latentflow/core";
import { OdeError } from "../errors.js";
import type { Method } from "./method.js";

/** Methods that an entry of the package knows by name. */
export type MethodTable = Readonly<Record<string, Method>>;

/** Methods that `@latentflow/ode/float64` knows by no name, since their coefficients or what solves their equations would be much of a small program. */
const GIVEN_THEMSELVES =
  "fehlberg2 ssprk33 dopri8 verner8 implicit_euler implicit_midpoint trapezoid gl4 gl6 radauIIA3 radauIIA5 sdirk2 trbdf2 kvaerno3 kvaerno5 radau5 rodas5p bdf explicit_adams implicit_adams auto".split(
    " ",
  );

/** What such a method is exported as: implicit_euler is implicitEuler. */
const exportOf = (name: string): string | undefined =>
  GIVEN_THEMSELVES.includes(name) ? name.replace(/_(.)/, (_, letter: string) => letter.toUpperCase()) : undefined;

/** The method that was given, by name or itself; dopri5 where none was. */
export function chooseMethod(caller: string, named: unknown, methods: MethodTable): Method {
  const given = named === undefined ? "dopri5" : named;
  if (typeof (given as Method | undefined)?.stepper === "function") return given as Method;
  const exported = typeof given === "string" && !(given in methods) ? exportOf(given) : undefined;
  if (exported !== undefined) {
    throw new OdeError(
      `${caller}: expected the method ${given} itself, got its name, which @latentflow/ode/float64 does not know; import { ${exported} } from there.`,
    );
  }
  return methods[checkChoice(caller, "method", given, Object.keys(methods), OdeError)]!;
}
