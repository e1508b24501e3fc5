import type { ExperimentResults } from "../results/index.js";

/** The results with names that tell edits of one attribute apart, for tables and headings: "size (0 → 1)" and "size (1 → 0)". */
export function withDistinctNames<T extends Pick<ExperimentResults, "attributes">>(results: T): T {
  const { attributes } = results;
  const isRepeated = (name: string) => attributes.filter((other) => other.name === name).length > 1;
  if (!attributes.some(({ name }) => isRepeated(name))) return results;
  const renamed = attributes.map((attribute) => {
    const { name, from, to } = attribute;
    return isRepeated(name) ? { ...attribute, name: `${name} (${from} → ${to})` } : attribute;
  });
  return { ...results, attributes: renamed };
}
