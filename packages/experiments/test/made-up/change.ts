import type { AttributeResult, ExperimentResults } from "../../src/results/index.js";
import { madeUpResults } from "./results.js";

/** A name that would break out of markup and tables if they let it. */
export const NASTY = `<script>alert("x")</script> & 'co', "ltd"`;

/** The made-up results with the first attribute changed. */
export function withAttribute(change: Partial<AttributeResult>): ExperimentResults {
  const results = madeUpResults();
  return {
    ...results,
    attributes: results.attributes.map((attribute, i) => (i === 0 ? { ...attribute, ...change } : attribute)),
  };
}

/** Those parts that a text lacks: a failure names them, not the whole page. */
export function lacking(text: string, parts: readonly string[]): string[] {
  return parts.filter((part) => !text.includes(part));
}
