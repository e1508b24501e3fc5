import { checkChoice } from "@latentflow/core";
import { DatasetsError } from "../errors.js";
import type { DatasetDescription } from "../input/about.js";
import { celeba } from "./celeba.js";
import { csv } from "./csv.js";
import { cub } from "./cub.js";
import { isaac3d } from "./isaac3d.js";
import { mpi3d } from "./mpi3d.js";
import { places365 } from "./places365.js";
import { transientAttributes } from "./transient-attributes.js";

/** A data set is a file and a line. */
export const READERS = {
  mpi3d,
  isaac3d,
  celeba,
  "transient-attributes": transientAttributes,
  places365,
  cub,
  csv,
} as const;

/** Data sets that can be read; "csv" is a folder of one's own with a table of labels. */
export type DatasetName = keyof typeof READERS;

export const DATASETS = /* @__PURE__ */ Object.keys(READERS) as readonly DatasetName[];

/** What a data set is, where its authors publish it, what its folder must hold, and how large it is. */
export function describeDataset(name: DatasetName): DatasetDescription {
  return READERS[checkChoice("describeDataset", "the data set", name, DATASETS, DatasetsError)].about;
}
