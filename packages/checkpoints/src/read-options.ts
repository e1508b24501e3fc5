import { checkNumber, checkOptions } from "@latentflow/core";
import { CheckpointError } from "./errors.js";

export interface ReadOptions {
  /**
   * Most bytes of memory the file's arrays may take, and its other values as far as they take more than 12 MiB. Default: four times the file,
   * enough for anything but tensors that were expanded, or decompressed, to many times their stored size. Infinity: no limit.
   */
  maxBytes?: number;
}

/** Checks the options that every reader takes. */
export function checkReadOptions(caller: string, options: ReadOptions): void {
  checkOptions(caller, options, ["maxBytes"], CheckpointError);
  const { maxBytes } = options;
  // Infinity: whoever trusts a file need not know how large it becomes.
  if (maxBytes !== undefined && maxBytes !== Number.POSITIVE_INFINITY)
    checkNumber(caller, "maxBytes", maxBytes, { min: 0 }, CheckpointError);
}
