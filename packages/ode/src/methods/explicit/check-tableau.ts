import { checkNumber, checkOptions, checkRequired, describeValue } from "@latentflow/core";
import { OdeError } from "../../errors.js";

const CALLER = "explicitMethod";

/** Throws unless a tableau's parts are numbers and lists of them. Whether they fit together is not asked here. */
export function checkTableau(tableau: unknown): void {
  checkRequired(CALLER, tableau, ["name", "order", "nodes", "coupling", "weights"], OdeError);
  const { name, order, nodes, coupling, weights, errorWeights, dense } = tableau as { readonly [key: string]: unknown };
  if (typeof name !== "string") throw new OdeError(`${CALLER}: expected name to be a text, got ${describeValue(name)}.`);
  checkNumber(CALLER, "order", order, { min: 1, integer: true }, OdeError);
  checkList("nodes", nodes, checkFinite);
  checkList("coupling", coupling, (row, at) => checkList(at, row, checkFinite));
  checkList("weights", weights, checkFinite);
  if (errorWeights !== undefined) checkList("errorWeights", errorWeights, checkFinite);
  if (dense === undefined) return;
  checkOptions(`${CALLER}: dense`, dense as object, ["order", "polynomials", "usesEndSlope"], OdeError);
  const { order: q, polynomials, usesEndSlope } = dense as { readonly [key: string]: unknown };
  checkNumber(CALLER, "dense.order", q, { min: 1, integer: true }, OdeError);
  checkList("dense.polynomials", polynomials, (row, at) => checkList(at, row, checkFinite));
  if (typeof usesEndSlope !== "boolean")
    throw new OdeError(`${CALLER}: expected dense.usesEndSlope to be true or false, got ${describeValue(usesEndSlope)}.`);
}

const checkFinite = (value: unknown, name: string) => checkNumber(CALLER, name, value, {}, OdeError);

function checkList(name: string, list: unknown, check: (part: unknown, name: string) => void): void {
  if (!Array.isArray(list)) throw new OdeError(`${CALLER}: expected ${name} to be an array, got ${describeValue(list)}.`);
  for (const [i, part] of list.entries()) check(part, `${name}[${i}]`);
}
