/** Checkpoints on disk. Node only: `import { fileStore } from "@latentflow/latent-edit/files"`. */

import { readFile } from "node:fs/promises";
import { type CheckpointStore, describeValue } from "@latentflow/core";
import { writeFileAtomic } from "@latentflow/core/files";
import { LatentEditError } from "./errors.js";

/** A checkpoint file, replaced as a whole at each write: a process killed at any moment leaves the old one or the new one. */
export function fileStore(path: string): CheckpointStore {
  if (typeof path !== "string" || path === "") {
    throw new LatentEditError(`fileStore: expected the path of a file, got ${describeValue(path)}.`);
  }
  return {
    async read() {
      try {
        return new Uint8Array(await readFile(path));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
        throw error;
      }
    },
    write: (bytes) => writeFileAtomic(path, bytes),
  };
}
