import { describeValue } from "@latentflow/core";
import { ExperimentsError } from "../errors.js";
import type { ExperimentResults, MethodId } from "../results/index.js";

/** How a method is drawn in every plot: colour and dashes both tell it, for those who can't tell the colours. */
export interface MethodStyle {
  readonly id: MethodId;
  readonly label: string;
  readonly kind: "linear" | "nonlinear";
  /** A CSS colour, usually a variable with a value for light and one for dark pages. */
  readonly colour: string;
  /** SVG `stroke-dasharray`; "" for a solid line. */
  readonly dash: string;
}

/** Okabe and Ito's colours, made darker on white and lighter on black until lines stand out at 3 : 1: straight edits, then flows. */
const COLOURS = {
  linear: [
    { light: "#5d6672", dark: "#aab3bf" },
    { light: "#c25400", dark: "#f0a13c" },
    { light: "#00805e", dark: "#37c79a" },
    { light: "#8a7500", dark: "#e6d84a" },
    { light: "#7a4a1e", dark: "#c99a6c" },
  ],
  nonlinear: [
    { light: "#0067b1", dark: "#5db7f0" },
    { light: "#a8478a", dark: "#e79ac8" },
    { light: "#3b3fa0", dark: "#a3a6ff" },
  ],
} as const;
const DASHES = { linear: ["5 3", "2 2.5", "9 3", "9 3 2 3", "1 4"], nonlinear: ["", "14 3", "14 3 3 3"] } as const;

/** The styles of all methods of an experiment, in the order of their first appearance. */
export function methodStyles(results: Pick<ExperimentResults, "attributes">): Map<MethodId, MethodStyle> {
  if (!Array.isArray(results?.attributes) || !results.attributes.every((one: unknown) => Array.isArray(Object(one).methods)))
    throw new ExperimentsError(`methodStyles: expected the results of an experiment, got ${describeValue(results)}.`);
  const attributes: ExperimentResults["attributes"] = results.attributes;
  const styles = new Map<MethodId, MethodStyle>();
  const used = { linear: 0, nonlinear: 0 };
  for (const { id, label, kind } of attributes.flatMap(({ methods }) => methods)) {
    if (styles.has(id)) continue;
    const i = used[kind]++ % COLOURS[kind].length;
    styles.set(id, { id, label, kind, colour: `var(--${kind}-${i})`, dash: DASHES[kind][i]! });
  }
  return styles;
}

/** CSS declarations of the colours' variables. */
export function colourVariables(theme: "light" | "dark"): string {
  return (["linear", "nonlinear"] as const)
    .flatMap((kind) => COLOURS[kind].map((colour, i) => `--${kind}-${i}: ${colour[theme]};`))
    .join(" ");
}
