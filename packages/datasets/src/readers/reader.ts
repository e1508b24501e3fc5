import type { DeclaredOptions, OptionValues } from "@latentflow/core";
import type { DatasetDescription } from "../input/about.js";
import type { Catalogue } from "../loading/catalogue.js";

/** A data set: what it is, what may be chosen about it, and how its files are read. */
export interface DatasetReader<D extends DeclaredOptions> {
  readonly about: DatasetDescription;
  readonly options: D;
  /** Reads everything but the pictures. @throws DatasetsError for what is missing or damaged */
  open(path: string, options: OptionValues<D>): Promise<Catalogue>;
}

/** Gives its argument: for the types of the options to be seen. */
export function reader<D extends DeclaredOptions>(definition: DatasetReader<D>): DatasetReader<D> {
  return definition;
}
