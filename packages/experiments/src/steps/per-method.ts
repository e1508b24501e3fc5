import type { AttributeResult, ExperimentResults, MethodResult } from "../results/index.js";

/** A row or more of every method of every attribute. */
export function perMethod<T>(
  { attributes }: ExperimentResults,
  rows: (attribute: AttributeResult, method: MethodResult) => T[],
): T[] {
  return attributes.flatMap((attribute) => attribute.methods.flatMap((method) => rows(attribute, method)));
}
