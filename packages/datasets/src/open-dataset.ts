import {
  checkChoice,
  type DeclaredOptions,
  describeValue,
  type GivenOptions,
  type OptionValues,
  readOptions,
} from "@latentflow/core";
import { DatasetsError } from "./errors.js";
import type { Catalogue } from "./loading/catalogue.js";
import { Dataset, type PictureForm } from "./loading/dataset.js";
import type { Resize } from "./pictures/pictures.js";
import { DATASETS, type DatasetName, READERS } from "./readers/index.js";
import type { DatasetReader } from "./readers/reader.js";

const LARGEST_SIDE = 8192;

const FORM = {
  /** Side of the square that pictures become, in pixels, or [width, height]. Default: as they are. */
  size: { optional: true, is: isSize, expected: `a number of pixels from 1 to ${LARGEST_SIDE}, or [width, height] of such` },
  /** "area": each pixel the mean of what it covers; "lanczos": sharper (Lanczos-3, by sharp). Default "area". */
  kernel: { default: "area", choices: ["area", "lanczos"] },
  /** Other shapes: "cover" takes the middle, "fill" stretches all of it. Default "cover". */
  fit: { default: "cover", choices: ["cover", "fill"] },
  /** 8-bit values, or float32 numbers in [−1, 1], as regressors take them. Default "uint8". */
  pixels: { default: "uint8", choices: ["uint8", "float32"] },
} as const satisfies DeclaredOptions;

/** Options of `openDataset` for each data set: those of all, and its own. */
export type OpenDatasetOptions<N extends DatasetName> = GivenOptions<typeof FORM> & GivenOptions<(typeof READERS)[N]["options"]>;

/**
 * Opens a data set that lies on this machine: reads its labels and splits, and no picture yet. `DATASETS` are the names.
 *
 * @param path its folder, of "mpi3d" the .npz file, of "csv" also the table itself
 * @throws DatasetsError for what is missing or damaged, naming the file, and where the authors publish it
 */
export async function openDataset<N extends DatasetName>(
  name: N,
  path: string,
  options?: OpenDatasetOptions<N>,
): Promise<Dataset> {
  const caller = "openDataset";
  const { form, own } = readDatasetOptions(caller, name, options);
  return new Dataset(name, await openCatalogue(caller, name, path, own), formOf(form));
}

/** Options of a data set, those of all and its own, checked. */
export function readDatasetOptions(caller: string, name: DatasetName, options: object | undefined) {
  checkChoice(caller, "the data set", name, DATASETS, DatasetsError);
  const { options: declared } = READERS[name] as DatasetReader<DeclaredOptions>;
  const form = readOptions(caller, FORM, options, DatasetsError, Object.keys(declared));
  const own = readOptions(caller, declared, options, DatasetsError, Object.keys(FORM));
  const pick = (names: readonly string[]) => Object.fromEntries(names.map((key) => [key, own[key]]));
  return { form, own: pick(Object.keys(declared)) };
}

export function openCatalogue(
  caller: string,
  name: DatasetName,
  path: string,
  own: OptionValues<DeclaredOptions>,
): Promise<Catalogue> {
  if (typeof path !== "string" || path === "")
    throw new DatasetsError(`${caller}: expected the path of ${READERS[name].about.title}, got ${describeValue(path)}.`);
  return (READERS[name] as DatasetReader<DeclaredOptions>).open(path, own);
}

function formOf({ size, kernel, fit, pixels }: OptionValues<typeof FORM>): PictureForm {
  const [width, height] = typeof size === "number" ? [size, size] : (size ?? []);
  const resize = width === undefined || height === undefined ? undefined : ({ width, height, kernel, fit } as Resize);
  return { resize, pixels };
}

function isSize(value: unknown): value is number | readonly [width: number, height: number] {
  const isSide = (side: unknown) => Number.isInteger(side) && (side as number) >= 1 && (side as number) <= LARGEST_SIDE;
  return isSide(value) || (Array.isArray(value) && value.length === 2 && value.every(isSide));
}
