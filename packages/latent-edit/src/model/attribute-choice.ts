import { type AttributeModel, checkNumber, checkOptions, checkRequired, describeValue } from "@latentflow/core";
import { LatentEditError } from "../errors.js";

/** Which attribute an edit changes: its name or index alone, or with the classes to go between. */
export type AttributeChoice = string | number | AttributeEnds;

export interface AttributeEnds {
  name?: string;
  index?: number;
  /** Class that start codes have (default 0, as in the paper). */
  from?: number;
  /** Class wanted (default the last). */
  to?: number;
}

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
  const choice = attributeEnds(chosen);
  checkRequired(`${caller}: attribute`, choice, [], LatentEditError);
  checkOptions(`${caller}: attribute`, choice, ["name", "index", "from", "to"], LatentEditError);
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
export function attributeEnds(choice: AttributeChoice): AttributeEnds {
  if (typeof choice === "string") return { name: choice };
  return typeof choice === "number" ? { index: choice } : choice;
}
