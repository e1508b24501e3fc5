import { join } from "node:path";
import { attributeNames, type OptionValues } from "@latentflow/core";
import { type DatasetDescription, quoted, refuse } from "../input/about.js";
import { DatasetFolder } from "../input/folder.js";
import { binary, LabelTable } from "../input/labels.js";
import { splitsBy } from "../input/splits.js";
import type { Catalogue } from "../loading/catalogue.js";
import { pictureFiles } from "../pictures/files.js";
import { reader } from "./reader.js";

const SPLITS = ["train", "validation", "test"];

const about: DatasetDescription = {
  title: "CelebA",
  page: "https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html",
  holds: [
    "list_attr_celeba.txt (also in Anno/)",
    "list_eval_partition.txt (also in Eval/)",
    "img_align_celeba/000001.jpg … 202599.jpg, 178 × 218 (also in Img/)",
  ],
  size: "1.4 GB",
  images: 202_599,
  splits: { train: 162_770, validation: 19_867, test: 19_962 },
  regressor: "frozen",
};

/** CelebA (Liu et al., 2015), aligned and cropped: 40 binary attributes of faces; the authors' three splits. */
export const celeba = reader({
  about,
  options: {},
  async open(path: string, _options: OptionValues<object>): Promise<Catalogue> {
    const folder = await DatasetFolder.open(about, path);
    const listed = await folder.find("file", "list_attr_celeba.txt", "Anno/list_attr_celeba.txt");
    const partition = await folder.find("file", "list_eval_partition.txt", "Eval/list_eval_partition.txt");
    const nested = "img_align_celeba/img_align_celeba";
    const images = (await folder.has(nested))
      ? await folder.find("folder", nested)
      : await folder.find("folder", "img_align_celeba", "Img/img_align_celeba");
    const names = attributeNames("ffhq");
    const [countLine = "", nameLine = "", ...rows] = await folder.lines(listed);
    checkNames(listed, nameLine, names);
    const count = /^\s*\d+\s*$/.test(countLine)
      ? Number(countLine)
      : refuse(about, `the count of pictures in line 1 of ${listed}`, quoted(countLine));
    if (rows.length !== count)
      refuse(about, `${count} lines of labels in ${listed}, as its first line says`, `${rows.length}`, "is the file cut off?");
    const labels = new LabelTable(count, names.length);
    const files = rows.map((row, i) => {
      const [file = "", ...cells] = row.trim().split(/\s+/);
      if (cells.length !== names.length)
        refuse(about, `a file and ${names.length} labels in line ${i + 3} of ${listed}`, `${cells.length} labels`);
      cells.forEach((cell, k) => {
        if (cell !== "1" && cell !== "-1") refuse(about, `labels 1 or -1 in line ${i + 3} of ${listed}`, quoted(cell));
        labels.set(i, k, cell === "1" ? 1 : 0);
      });
      return file;
    });
    const splits = await readSplits(folder, partition, files);
    return {
      attributes: names.map(binary),
      length: count,
      labels: (index, out) => labels.row(index, out),
      id: (index) => files[index]!,
      splits: () => splitsBy(count, (index) => splits[index]),
      pictures: pictureFiles((index) => join(images, files[index]!), [178, 218]),
      files: [listed, partition],
    };
  },
});

function checkNames(file: string, line: string, names: readonly string[]): void {
  const found = line.trim().split(/\s+/);
  const wrong = names.findIndex((name, i) => found[i] !== name);
  if (wrong === -1 && found.length === names.length) return;
  const at = wrong === -1 ? names.length : wrong;
  refuse(about, `name ${at + 1} in line 2 of ${file} to be ${names[at] ?? "the last"}`, quoted(found[at]));
}

/** Name of each picture's split. */
async function readSplits(folder: DatasetFolder, partition: string, files: readonly string[]): Promise<string[]> {
  const numbers = new Map<string, number>();
  for (const [i, line] of (await folder.lines(partition)).entries()) {
    const [file = "", split = ""] = line.trim().split(/\s+/);
    if (!/^[012]$/.test(split)) refuse(about, `a file and its split 0, 1 or 2 in line ${i + 1} of ${partition}`, quoted(line));
    numbers.set(file, Number(split));
  }
  return files.map((file) => {
    const number = numbers.get(file);
    if (number === undefined) return refuse(about, `a split of ${file} in ${partition}`, "none", "is the file cut off?");
    return SPLITS[number]!;
  });
}
