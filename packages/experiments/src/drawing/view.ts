import type { AttributeResult, ExperimentResults } from "../results/index.js";
import type { CsvTable } from "./csv.js";
import type { Markup } from "./markup.js";
import type { PageContext } from "./report-context.js";

/** What is shown of results: a table, a part of the report, or both. */
export interface View {
  readonly csv?: CsvTable<ExperimentResults>;
  readonly section?: AttributePart | ExperimentPart;
}

/** A part of the section that every attribute has. */
export interface AttributePart {
  /**
   * From the top: "lead", a sentence below the name; "curves" beside "pictures"; "measured", as wide as the page; "details", folded away; "origin", at
   * the end. An attribute without starts has but the first and the last.
   */
  readonly place: "lead" | "curves" | "pictures" | "measured" | "details" | "origin";
  /** @returns false for nothing */
  draw(context: PageContext, attribute: AttributeResult): Markup | false;
}

/** A part that is there once, over all attributes. */
export interface ExperimentPart {
  /** "curvature": under "How curved are the flows?"; "ground": a section of its own, below. */
  readonly place: "curvature" | "ground";
  /** Two halves in a row stand side by side where the page is wide enough (default "whole"). */
  readonly width?: "half" | "whole";
  /** @returns false for nothing */
  draw(context: PageContext): Markup | false;
}
