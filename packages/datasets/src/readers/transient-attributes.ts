import { join } from "node:path";
import { attributeNames, type DeclaredOptions, type OptionValues } from "@latentflow/core";
import { type DatasetDescription, quoted, refuse } from "../input/about.js";
import { DatasetFolder } from "../input/folder.js";
import { binary, LabelTable, UNKNOWN } from "../input/labels.js";
import { splitsBy } from "../input/splits.js";
import type { Catalogue } from "../loading/catalogue.js";
import { pictureFiles } from "../pictures/files.js";
import { reader } from "./reader.js";

const about: DatasetDescription = {
  title: "Transient Attributes",
  page: "http://transattr.cs.brown.edu",
  holds: [
    "annotations.tsv (also in annotations/): folder/file, then 40 cells score,confidence",
    "holdout_split/training.txt and test.txt",
    "imageAlignedLD/folder/file.jpg (imageLD/ with aligned: false)",
  ],
  size: "1.8 GB",
  images: 8571,
  regressor: "frozen",
};

const OPTIONS = {
  /** Scores from here on are a yes. Default 0.5; some use 0.8. */
  threshold: { default: 0.5, min: 0, max: 1 },
  /** Labels that people were less sure of are unknown (−1). Default 0: all count. */
  minConfidence: { default: 0, min: 0, max: 1 },
  /** Pictures of a camera brought to overlap. Default true. */
  aligned: { default: true },
} as const satisfies DeclaredOptions;

/** Transient Attributes (Laffont et al., 2014): 40 attributes of outdoor scenes through the year; the authors' splits, train and test, by camera. */
export const transientAttributes = reader({
  about,
  options: OPTIONS,
  async open(path: string, options: OptionValues<typeof OPTIONS>): Promise<Catalogue> {
    const folder = await DatasetFolder.open(about, path);
    const annotations = await folder.find("file", "annotations.tsv", "annotations/annotations.tsv");
    const training = await folder.find("file", "holdout_split/training.txt");
    const test = await folder.find("file", "holdout_split/test.txt");
    const images = await folder.find("folder", options.aligned ? "imageAlignedLD" : "imageLD");
    const names = attributeNames("places365");
    const rows = await folder.lines(annotations);
    if (rows.length === 0) refuse(about, `a line for each picture in ${annotations}`, "none");
    const labels = new LabelTable(rows.length, names.length);
    const files = rows.map((row, i) => {
      const [file = "", ...cells] = row.split("\t");
      if (cells.length !== names.length)
        refuse(
          about,
          `a file and ${names.length} cells score,confidence, parted by tabs, in line ${i + 1} of ${annotations}`,
          `${cells.length} cells`,
        );
      for (const [k, cell] of cells.entries()) labels.set(i, k, labelOf(cell, options, annotations, i + 1));
      return file.trim();
    });
    const splits = new Map<string, string>();
    for (const [name, file] of [
      ["train", training],
      ["test", test],
    ] as const)
      for (const line of await folder.lines(file)) splits.set(line.trim(), name);
    const splitOf = (file: string) => splits.get(file) ?? splits.get(file.split("/")[0]!);
    const without = files.find((file) => splitOf(file) === undefined);
    if (without !== undefined)
      refuse(about, `${without} in one of ${training} and test.txt`, "neither names it", "are they cut off?");
    return {
      attributes: names.map(binary),
      length: files.length,
      labels: (index, out) => labels.row(index, out),
      id: (index) => files[index]!,
      splits: () => splitsBy(files.length, (index) => splitOf(files[index]!)),
      pictures: pictureFiles((index) => join(images, files[index]!)),
      files: [annotations, training, test],
    };
  },
});

function labelOf(cell: string, { threshold, minConfidence }: OptionValues<typeof OPTIONS>, file: string, line: number): number {
  const [score = Number.NaN, confidence = Number.NaN, ...more] = cell
    .split(",")
    .map((text) => (text.trim() === "" ? Number.NaN : Number(text)));
  if (!(score >= 0 && score <= 1 && confidence >= 0 && confidence <= 1) || more.length > 0)
    refuse(about, `a score and a confidence in [0, 1], parted by a comma, in line ${line} of ${file}`, quoted(cell));
  if (confidence < minConfidence) return UNKNOWN;
  return score >= threshold ? 1 : 0;
}
