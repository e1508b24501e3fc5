import type { AttributeResult, MethodResult } from "../results/index.js";
import type { Analysis, AnalysisValue } from "./analysis.js";

/** The values of an analysis that an attribute's results hold, in the order of its methods. */
export function valuesOf(
  { id, of }: Analysis,
  attribute: AttributeResult,
): (AnalysisValue<unknown> & { readonly method?: MethodResult })[] {
  if (of === "attribute") {
    const value = { probes: attribute.probes, ...attribute.extra }[id] ?? null;
    return value === null ? [] : [{ attribute, value }];
  }
  return attribute.methods.flatMap((method) => {
    // Those with jobs of their own are null while they are not done; of those that share one, null is a value.
    const together: Readonly<Record<string, unknown>> = { ...method.analysis };
    if (Object.hasOwn(together, id)) return [{ attribute, method, value: together[id] }];
    const value = method.extra?.[id] ?? null;
    return value === null ? [] : [{ attribute, method, value }];
  });
}
