import { type DeclaredOptions, type GivenOptions, readOptions } from "@latentflow/core";
import { CheckpointError } from "./errors.js";

const READ = {
  /**
   * Most bytes of memory the file's arrays may take, and its other values as far as they take more than 12 MiB. Default: four times the file,
   * enough for anything but tensors that were expanded, or decompressed, to many times their stored size. Infinity: no limit.
   */
  maxBytes: { optional: true, min: 0, infinite: true },
} as const satisfies DeclaredOptions;

export interface ReadOptions extends GivenOptions<typeof READ> {}

/** Reads the options that every reader takes. */
export const readReadOptions = (caller: string, options: ReadOptions) => readOptions(caller, READ, options, CheckpointError);
