import { describeValue, LatentflowError } from "@latentflow/core";
import { DatasetsError, reasonOf } from "../errors.js";

/** What a data set is, for people who have to get it. */
export interface DatasetDescription {
  /** What messages call it. */
  readonly title: string;
  /** Where its authors publish it; undefined for data of one's own. */
  readonly page?: string;
  /** What the path names, and what must lie there. */
  readonly holds: readonly string[];
  /** How much room it takes. */
  readonly size: string;
  /** Pictures of the published data set, and of its splits; nothing where that differs or is anyone's own. */
  readonly images?: number;
  readonly splits?: Readonly<Record<string, number>>;
  /** The regressor that the paper trained on it, as `trainRegressor` calls it; of data of one's own undefined. */
  readonly regressor?: "cnn" | "resnet18-cifar" | "frozen";
}

/** Throws what is wrong with a data set's files: what was expected, what is there, what to do. */
export function refuse(about: DatasetDescription, expected: string, got: string, next?: string): never {
  throw new DatasetsError(`openDataset: ${about.title}: expected ${expected}, got ${got}${advice(about, next)}.`);
}

/** The same for a file, with what another package said of it. */
export function refuseFile(about: DatasetDescription, file: string, cause: unknown): never {
  if (cause instanceof DatasetsError) throw cause;
  const reason = reasonOf(cause).replace(/\.$/, "");
  if (!(cause instanceof LatentflowError)) throw cause;
  throw new DatasetsError(`openDataset: ${about.title}: could not read ${file}: ${reason}${advice(about)}.`, { cause });
}

/** A cell of a table as it stands in a message. */
export const quoted = (cell: string | undefined) => (cell === undefined ? "nothing" : describeValue(cell));

function advice({ page }: DatasetDescription, next?: string): string {
  if (next !== undefined) return `; ${next}`;
  return page === undefined ? "" : `; its authors publish it at ${page}`;
}
