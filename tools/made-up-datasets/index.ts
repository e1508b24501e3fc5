/** Small data sets in the true formats, written without any of the readers: for tests, and for examples that are tried without the real data. */
import { writeCelebA } from "./celeba.js";
import { writeCsv } from "./csv.js";
import { writeCub } from "./cub.js";
import { writeIsaac3d } from "./isaac3d.js";
import { writeMpi3d } from "./mpi3d.js";
import { writePlaces365 } from "./places365.js";
import { writeTransientAttributes } from "./transient-attributes.js";

/** Each writes a data set into a folder, and gives the path by which it is opened. */
export const MADE_UP = {
  mpi3d: async (folder: string) => writeMpi3d(folder),
  isaac3d: writeIsaac3d,
  celeba: writeCelebA,
  "transient-attributes": writeTransientAttributes,
  places365: writePlaces365,
  cub: writeCub,
  csv: writeCsv,
} as const;
