import type { AttributeResult, ExperimentResults } from "../results/index.js";

/** Why no method of an attribute can be measured, when it is that no code shows the class to start from; null else. */
export function noStarts({ methods }: AttributeResult): string | null {
  const texts = methods.map(({ none }) => (none?.why === "no starts" ? none.text : null));
  return texts.length > 0 && texts.every((text) => text !== null) ? texts.at(-1)! : null;
}

/** Names of the attributes without starts. */
export function withoutStarts({ attributes }: Pick<ExperimentResults, "attributes">): string[] {
  return attributes.filter((attribute) => noStarts(attribute) !== null).map(({ name }) => name);
}
