import {
  type AttributeModel,
  checkNumber,
  type DeclaredOptions,
  describeValue,
  type GivenOptions,
  isGiven,
  type OptionValues,
  readOptions,
} from "@latentflow/core";
import { LatentEditError } from "../errors.js";

/** Which attribute an edit changes: its name or index alone, or with the classes to go between. */
export type AttributeChoice = string | number | AttributeEnds;

// Checked below, beside the names that there are.
const ENDS = {
  name: { optional: true, is: isGiven<string>, expected: "a text" },
  index: { optional: true, is: isGiven<number>, expected: "an integer" },
  /** Class that start codes have (default 0, as in the paper). */
  from: { optional: true, is: isGiven<number>, expected: "an integer" },
  /** Class wanted (default the last). */
  to: { optional: true, is: isGiven<number>, expected: "an integer" },
} as const satisfies DeclaredOptions;

export interface AttributeEnds extends GivenOptions<typeof ENDS> {}

/** The same, found among a model's attributes. */
export interface EditedAttribute {
  readonly name: string;
  readonly index: number;
  readonly from: number;
  readonly to: number;
}

/** The attribute meant by a name or an index, with its classes checked. */
export function resolveAttribute(
  caller: string,
  model: Pick<AttributeModel, "attributes">,
  chosen: AttributeChoice,
): EditedAttribute {
  const choice = attributeEnds(caller, "attribute", chosen);
  const names = model.attributes.map(({ name }) => name);
  const index = choice.index ?? names.indexOf(choice.name ?? "");
  // Not by the key alone: an index "0" or a name of Array's own members would find something.
  const attribute = Number.isInteger(index) ? model.attributes[index] : undefined;
  if (attribute === undefined) {
    throw new LatentEditError(
      `${caller}: expected an attribute named ${names.slice(0, 50).join(", ")}, or its index, got ${describeValue(choice.name ?? choice.index)}.`,
    );
  }
  if (choice.name !== undefined && choice.name !== attribute.name) {
    throw new LatentEditError(
      `${caller}: expected a name and an index of one attribute, got ${choice.name} and ${index}, which is ${attribute.name}; give either.`,
    );
  }
  const limits = { min: 0, max: attribute.classes - 1, integer: true };
  const from = checkNumber(caller, "attribute.from", choice.from ?? 0, limits, LatentEditError);
  const to = checkNumber(caller, "attribute.to", choice.to ?? attribute.classes - 1, limits, LatentEditError);
  if (from === to) throw new LatentEditError(`${caller}: expected two different classes, got ${from} twice.`);
  return { name: attribute.name, index, from, to };
}

/** A name or an index alone, written out. */
export function attributeEnds(caller: string, option: string, choice: AttributeChoice): OptionValues<typeof ENDS> {
  const ends = typeof choice === "string" ? { name: choice } : typeof choice === "number" ? { index: choice } : choice;
  return readOptions(`${caller}: ${option}`, ENDS, ends, LatentEditError);
}
