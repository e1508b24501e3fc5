import { basename, dirname, join, resolve } from "node:path";
import { type DeclaredOptions, isList, type OptionValues } from "@latentflow/core";
import { type DatasetDescription, quoted, refuse } from "../input/about.js";
import { DatasetFolder } from "../input/folder.js";
import { binary, LabelTable, UNKNOWN } from "../input/labels.js";
import { splitsBy } from "../input/splits.js";
import type { Catalogue } from "../loading/catalogue.js";
import { pictureFiles } from "../pictures/files.js";
import { reader } from "./reader.js";

const INSIDE = "CUB_200_2011";
const MOST_CERTAIN = 4;

const about: DatasetDescription = {
  title: "CUB-200-2011",
  page: "https://www.vision.caltech.edu/datasets/cub_200_2011",
  holds: [
    "CUB_200_2011/images.txt, train_test_split.txt, image_class_labels.txt",
    "CUB_200_2011/attributes/image_attribute_labels.txt, 3,677,856 lines",
    "attributes.txt, 312 names, beside CUB_200_2011 (also in it, or in its attributes/)",
    "CUB_200_2011/images/001.Black_footed_Albatross/….jpg",
  ],
  size: "1.2 GB",
  images: 11_788,
  splits: { train: 5994, test: 5794 },
  regressor: "frozen",
};

const OPTIONS = {
  /**
   * "image": what people saw in each picture (noisy); "class": of each bird's kind what most of its pictures say (default "image"), for every picture of it.
   */
  labels: { default: "image", choices: ["image", "class"] },
  /** Labels that people were less certain of are unknown (−1): 1 not visible, 2 guessing, 3 probably, 4 definitely. Default 1: all count. */
  minCertainty: { default: 1, integer: true, min: 1, max: MOST_CERTAIN },
  /** Names of some attributes, in the order wanted, such as "has_size::small_(5_-_9_in)". Default: all 312. */
  attributes: { optional: true, is: isList<string>, expected: "an array of names" },
} as const satisfies DeclaredOptions;

/** CUB-200-2011 (Wah et al., 2011): 312 binary attributes of birds; the authors' splits, train and test. */
export const cub = reader({
  about,
  options: OPTIONS,
  async open(path: string, options: OptionValues<typeof OPTIONS>): Promise<Catalogue> {
    const isItself = basename(resolve(path)) === INSIDE;
    if (isItself) await DatasetFolder.open(about, path);
    const folder = await DatasetFolder.open(about, isItself ? dirname(resolve(path)) : path);
    const inside = (name: string) => folder.find("file", `${INSIDE}/${name}`);
    const list = await inside("images.txt");
    const split = await inside("train_test_split.txt");
    const kinds = await inside("image_class_labels.txt");
    const labelled = await inside("attributes/image_attribute_labels.txt");
    const named = await folder.find("file", "attributes.txt", `${INSIDE}/attributes/attributes.txt`, `${INSIDE}/attributes.txt`);
    const images = await folder.find("folder", `${INSIDE}/images`);
    const files = await numberedLines(folder, list, "a path");
    const names = await numberedLines(folder, named, "a name");
    const inTrain = await numbersOf(folder, split, files.length);
    const kindOf = await numbersOf(folder, kinds, files.length);
    const all = await readLabels(folder, labelled, { files: files.length, names: names.length, ...options });
    if (options.labels === "class") byClass(all, kindOf, names.length);
    const chosen = (options.attributes ?? names).map((name) => {
      const at = names.indexOf(name);
      return at >= 0 ? at : refuse(about, `attributes that ${named} lists`, quoted(name), 'names read "has_group::value"');
    });
    return {
      attributes: chosen.map((column) => binary(names[column]!)),
      length: files.length,
      labels: (index, out = new Int32Array(chosen.length)) => {
        for (const [i, column] of chosen.entries()) out[i] = all.get(index, column);
        return out;
      },
      id: (index) => files[index]!,
      splits: () => splitsBy(files.length, (index) => (inTrain[index] === 1 ? "train" : "test")),
      pictures: pictureFiles((index) => join(images, files[index]!)),
      files: [list, split, kinds, labelled, named],
      counts: () => ({ attributes: [names.length, 312] }),
    };
  },
});

/** Lines "1 text", numbered from 1. */
async function numberedLines(folder: DatasetFolder, file: string, what: string): Promise<string[]> {
  const lines = await folder.lines(file);
  if (lines.length === 0) refuse(about, `lines with a number and ${what} in ${file}`, "none");
  return lines.map((line, i) => {
    const [, number, text] = /^\s*(\d+)\s+(\S.*?)\s*$/.exec(line) ?? [];
    if (text === undefined || Number(number) !== i + 1)
      refuse(about, `"${i + 1}" and ${what} in line ${i + 1} of ${file}`, quoted(line));
    return text;
  });
}

/** A number of each picture, in lines "picture number". */
async function numbersOf(folder: DatasetFolder, file: string, count: number): Promise<Int32Array> {
  const numbers = new Int32Array(count).fill(UNKNOWN);
  await folder.eachIntegers(file, 2, ([image, value], line) => {
    if (image! < 1 || image! > count) refuse(about, `pictures 1 to ${count} in ${file}`, `${image} in line ${line}`);
    numbers[image! - 1] = value!;
  });
  const missing = numbers.indexOf(UNKNOWN);
  if (missing >= 0) refuse(about, `a line for picture ${missing + 1} in ${file}`, "none", "is the file cut off?");
  return numbers;
}

interface Wanted {
  readonly files: number;
  readonly names: number;
  readonly minCertainty: number;
}

async function readLabels(folder: DatasetFolder, file: string, { files, names, minCertainty }: Wanted): Promise<LabelTable> {
  const table = new LabelTable(files, names);
  let lines = 0;
  await folder.eachIntegers(file, 4, (values, line) => {
    const [image, attribute, present, certainty] = values as unknown as [number, number, number, number];
    const isKnown = image >= 1 && image <= files && attribute >= 1 && attribute <= names;
    if (!isKnown || (present !== 0 && present !== 1) || certainty < 1 || certainty > MOST_CERTAIN) {
      const expected = `picture (1–${files}), attribute (1–${names}), present (0, 1), certainty (1–${MOST_CERTAIN}) in line ${line} of ${file}`;
      refuse(about, expected, Array.from(values).join(" "));
    }
    lines++;
    if (certainty >= minCertainty) table.set(image - 1, attribute - 1, present);
  });
  const expected = files * names;
  if (lines !== expected)
    refuse(about, `${expected} lines in ${file}, one a picture and attribute`, `${lines}`, "is the file cut off?");
  return table;
}

/** Gives each picture what most labelled pictures of its kind have; a tie is a yes. */
function byClass(table: LabelTable, kindOf: Int32Array, width: number): void {
  const kinds = kindOf.reduce((most, kind) => Math.max(most, kind), 0) + 1;
  const [yes, no] = [new Int32Array(kinds * width), new Int32Array(kinds * width)];
  for (const [i, kind] of kindOf.entries()) {
    for (let k = 0; k < width; k++) {
      const label = table.get(i, k);
      if (label !== UNKNOWN) (label === 1 ? yes : no)[kind * width + k]!++;
    }
  }
  for (const [i, kind] of kindOf.entries()) {
    for (let k = 0; k < width; k++) {
      const at = kind * width + k;
      table.set(i, k, yes[at]! + no[at]! === 0 ? UNKNOWN : Number(yes[at]! >= no[at]!));
    }
  }
}
