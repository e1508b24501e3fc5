import { basename, dirname, join, resolve } from "node:path";
import { readNpy } from "@latentflow/checkpoints";
import { attributeNames, type OptionValues } from "@latentflow/core";
import { type DatasetDescription, refuse, refuseFile } from "../input/about.js";
import { DatasetFolder } from "../input/folder.js";
import { FactorGrid, LabelTable, numbered } from "../input/labels.js";
import { seededSplits } from "../input/splits.js";
import { headOf, oddContents } from "../input/what-is-it.js";
import type { Catalogue } from "../loading/catalogue.js";
import { pictureFiles } from "../pictures/files.js";
import { reader } from "./reader.js";

/** Classes of each factor, in the order of `labels.npy`: the last varies fastest. */
const COUNTS = [3, 8, 5, 4, 4, 4, 6, 4, 4];
const FOLDER = "Isaac3D_down128";

const about: DatasetDescription = {
  title: "Isaac3D",
  page: "https://github.com/NVlabs/High-res-disentanglement-datasets",
  holds: [
    "Isaac3D_down128/images/000000.png … 737279.png, 128 × 128",
    "Isaac3D_down128/labels.npy [737280, 9], numbers in [0, 1]",
  ],
  size: "13 GB",
  images: 737_280,
  regressor: "resnet18-cifar",
};

/**
 * Isaac3D (Nie et al., 2020) at 128 pixels: pictures of a robot's arm in a kitchen by all combinations of nine factors. It has no splits; those here
 * are drawn from a seed. A class is round(label · (n − 1)).
 */
export const isaac3d = reader({
  about,
  options: {},
  async open(path: string, _options: OptionValues<object>): Promise<Catalogue> {
    const given = await DatasetFolder.open(about, path);
    const isItself = basename(resolve(path)) === FOLDER || (!(await given.has(FOLDER)) && (await given.has("labels.npy")));
    const folder = isItself ? await DatasetFolder.open(about, dirname(resolve(path))) : given;
    const inside = isItself ? basename(resolve(path)) : FOLDER;
    const file = await folder.find("file", `${inside}/labels.npy`);
    const images = await folder.find("folder", `${inside}/images`);
    const labels = await readLabels(file);
    const names = attributeNames("isaac3d");
    const name = (index: number) => `${String(index).padStart(6, "0")}.png`;
    return {
      attributes: names.map((factor, i) => numbered(factor, COUNTS[i]!)),
      length: labels.length,
      labels: (index, out) => labels.row(index, out),
      id: name,
      splits: () => seededSplits(labels.length),
      pictures: pictureFiles((index) => join(images, name(index)), [128, 128]),
      files: [file],
      examine: () => outOfOrder(file, labels),
    };
  },
});

async function readLabels(file: string): Promise<LabelTable> {
  const odd = oddContents(await headOf(file));
  if (odd !== undefined) refuse(about, `a NumPy file at ${file}`, odd);
  const { shape, data } = await readNpy(file).catch((cause) => refuseFile(about, file, cause));
  const width = COUNTS.length;
  if (
    shape.length !== 2 ||
    shape[1] !== width ||
    shape[0] === 0 ||
    !(data instanceof Float64Array || data instanceof Float32Array)
  )
    return refuse(about, `floats [737280, ${width}] in ${file}`, `${data.constructor.name} [${shape.join(", ")}]`);
  const table = new LabelTable(shape[0]!, width);
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    const column = i % width;
    if (!(value >= 0 && value <= 1)) refuse(about, `labels in [0, 1] in ${file}`, `${value} in row ${Math.floor(i / width)}`);
    table.set(Math.floor(i / width), column, Math.round(value * (COUNTS[column]! - 1)));
  }
  return table;
}

/** Whether all combinations stand there in order, as the names of the pictures count them. */
function outOfOrder(file: string, labels: LabelTable): string[] {
  const grid = new FactorGrid(COUNTS);
  for (let i = 0; i < Math.min(labels.length, grid.length); i++) {
    const [expected, got] = [grid.row(i).join(" "), labels.row(i).join(" ")];
    if (expected !== got)
      return [`${file}: expected the classes ${expected} in row ${i}, got ${got}; rows are missing, or in another order`];
  }
  return [];
}
