import type { ExperimentResults, MethodId, PictureRecord } from "../results/index.js";
import { type Markup, markup } from "./markup.js";
import { type MethodStyle, methodStyles } from "./palette.js";

/** What every section of the report reads. */
export interface ReportContext {
  readonly results: ExperimentResults;
  readonly styles: ReadonlyMap<MethodId, MethodStyle>;
}

/** What its parts on the page read besides. */
export interface PageContext extends ReportContext {
  readonly pictures: EmbeddedPictures;
}

/** Pictures as data URIs, by their records. */
export interface EmbeddedPictures {
  /** One URI a method, from top to bottom. */
  strip(record: PictureRecord): readonly string[] | Absent;
  movie(record: PictureRecord): string | Absent;
}

/** Why a picture is not on the page. */
export type Absent = "missing" | "too large";

export function reportContext(results: ExperimentResults): ReportContext {
  return { results, styles: methodStyles(results) };
}

/** A method's style; a plain one for a method that no attribute lists. */
export function styleOf({ styles }: ReportContext, id: MethodId): MethodStyle {
  return styles.get(id) ?? { id, label: id, kind: "linear", colour: "var(--muted)", dash: "" };
}

/** A method's line, as in the plots, before its name. */
export function methodName({ label, colour, dash }: MethodStyle): Markup {
  const line = markup`<path d="M0 4h26" style="stroke:${colour}" stroke-dasharray="${dash || "none"}"/>`;
  return markup`<span class="method"><svg class="key" width="26" height="8" aria-hidden="true">${line}</svg>${label}</span>`;
}

/** What to read where a part is missing. */
export function missing(text: string): Markup {
  return markup`<p class="muted">${text}</p>`;
}
