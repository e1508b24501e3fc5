import { describeValue } from "@latentflow/core";
import { ModelsError } from "../errors.js";

/** Labelled pictures of one size that can be read at any place: a data set's split, or arrays in memory. */
export interface LabelledImages {
  readonly length: number;
  readonly height: number;
  readonly width: number;
  /** length × attributes: a class each, −1 where it is not known. */
  readonly labels: Int32Array;
  /** Pixels of some pictures, one after the other: height · width · 3 numbers in [−1, 1] each. Must not depend on what was read before. */
  read(indices: readonly number[]): Promise<Float32Array>;
}

/** Attributes to be told, with as many classes each. */
export interface TrainedAttribute {
  readonly name: string;
  readonly classes: number;
}

/** Throws unless labels and attributes fit each other. */
export function checkData(caller: string, name: string, data: LabelledImages, attributes: readonly TrainedAttribute[]): void {
  const { length, height, width, labels, read } = data ?? {};
  const isSide = (side: unknown) => Number.isInteger(side) && (side as number) > 0;
  if (!isSide(length) || !isSide(height) || !isSide(width) || typeof read !== "function" || !(labels instanceof Int32Array))
    throw new ModelsError(
      `${caller}: expected ${name} { length, height, width, labels, read } with a picture or more, got ${describeValue(data)}.`,
    );
  const count = attributes.length;
  if (labels.length !== length * count)
    throw new ModelsError(`${caller}: expected ${length * count} labels of ${name}, ${count} a picture, got ${labels.length}.`);
  const wrong = labels.findIndex((label, i) => label < -1 || label >= attributes[i % count]!.classes);
  if (wrong < 0) return;
  const { name: attribute, classes } = attributes[wrong % count]!;
  throw new ModelsError(
    `${caller}: expected ${name} to have classes 0 to ${classes - 1} of ${attribute} (−1 where unknown), got ${labels[wrong]} of picture ${Math.floor(wrong / count)}.`,
  );
}

/** How many pictures have each class, attribute by attribute. */
export function countClasses({ labels }: LabelledImages, attributes: readonly TrainedAttribute[]): Int32Array[] {
  const counts = attributes.map(({ classes }) => new Int32Array(classes));
  for (let i = 0; i < labels.length; i++) if (labels[i]! >= 0) counts[i % counts.length]![labels[i]!]!++;
  return counts;
}

/** An attribute that always has one class can't be learnt: whatever its head says is right. */
export function checkTwoClasses(caller: string, counts: readonly Int32Array[], attributes: readonly TrainedAttribute[]): void {
  const single = counts.findIndex((count) => count.filter((n) => n > 0).length < 2);
  if (single < 0) return;
  const seen = counts[single]!.findIndex((n) => n > 0);
  throw new ModelsError(
    `${caller}: expected pictures of two classes of ${attributes[single]!.name} or more to train on, got ${seen < 0 ? "none that is labelled" : `class ${seen} alone`}; leave the attribute out, or take other pictures.`,
  );
}
