import { words } from "../drawing/numbers.js";
import type { MethodStyle } from "../drawing/palette.js";
import { type ReportContext, styleOf } from "../drawing/report-context.js";
import type { MethodAnalysisValue } from "./analysis.js";

/** A curved method's value with what to call it in a plot of all attributes: by its attribute, and where there are several flows, by the flow. */
export interface FlowAnalysisValue<Value> {
  readonly name: string;
  readonly style: MethodStyle;
  readonly value: Value;
}

/** The values of curved methods. */
export function flowsAmong<Value>(
  found: readonly MethodAnalysisValue<Value>[],
  context: ReportContext,
): FlowAnalysisValue<Value>[] {
  const flows = found.filter(({ method }) => method.kind === "nonlinear");
  const several = new Set(flows.map(({ method }) => method.id)).size > 1;
  return flows.map(({ attribute, method, value }) => {
    const style = styleOf(context, method.id);
    const name = words(attribute.name);
    return { name: several ? `${name}, ${style.label}` : name, style, value };
  });
}
