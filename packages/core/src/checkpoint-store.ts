/**
 * A place for one file: a path (`fileStore` of `@latentflow/latent-edit/files`), IndexedDB, a variable in a test. `write` must replace the old file as a
 * whole.
 */
export interface CheckpointStore {
  /** null when nothing was written yet. */
  read(): Promise<Uint8Array | null>;
  write(bytes: Uint8Array): Promise<void>;
}

/** Whether it is a place for one file: for `is` of an option, `is: isCheckpointStore`. */
export function isCheckpointStore(value: unknown): value is CheckpointStore {
  const { read, write } = (value ?? {}) as Partial<CheckpointStore>;
  return typeof read === "function" && typeof write === "function";
}
