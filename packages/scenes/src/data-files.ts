import type { CheckpointSource } from "@latentflow/checkpoints";
import { type DeclaredOptions, folderAddress, type GivenOptions } from "@latentflow/core";
import type { SceneSetName } from "./dataset.js";
import { ScenesError } from "./errors.js";

export const LOAD = {
  /**
   * Folder that holds the benchmark's data files, for builds that don't take them along (esbuild): an address, in a page also one relative to it,
   * such as "/scenes/studio/". Default: the package's own, beside its modules.
   */
  from: { optional: true, check: (caller: string, from: URL | string) => folderAddress(caller, "from", from, ScenesError) },
} as const satisfies DeclaredOptions;

export interface LoadOptions extends GivenOptions<typeof LOAD> {}

/** What a benchmark's networks are stored in, as `NAME.safetensors`. */
export type DataFile = "generator" | "regressor" | "judge" | "codes";

/** Written out, since bundlers look for just this form to find files that belong to a module. */
const SHIPPED: Readonly<Record<SceneSetName, Readonly<Record<DataFile, () => URL>>>> = {
  tabletop: {
    generator: () => new URL("../data/tabletop/generator.safetensors", import.meta.url),
    regressor: () => new URL("../data/tabletop/regressor.safetensors", import.meta.url),
    judge: () => new URL("../data/tabletop/judge.safetensors", import.meta.url),
    codes: () => new URL("../data/tabletop/codes.safetensors", import.meta.url),
  },
  studio: {
    generator: () => new URL("../data/studio/generator.safetensors", import.meta.url),
    regressor: () => new URL("../data/studio/regressor.safetensors", import.meta.url),
    judge: () => new URL("../data/studio/judge.safetensors", import.meta.url),
    codes: () => new URL("../data/studio/codes.safetensors", import.meta.url),
  },
};

/** Where a data file lies: beside the modules, or in the folder `from`. */
export function fileOf(name: SceneSetName, file: DataFile, from: URL | undefined): URL {
  return from === undefined ? SHIPPED[name][file]() : new URL(`${file}.safetensors`, from);
}

/** Reads one file, from the disk or by HTTP; says which one where that fails. */
export async function readFile<T>(caller: string, url: URL, read: (file: CheckpointSource) => Promise<T>): Promise<T> {
  try {
    return await read(url.protocol === "file:" ? url : await fetch(url));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ScenesError(`${caller}: could not load ${url}: ${reason} Say with { from } where the data files are.`, { cause });
  }
}
