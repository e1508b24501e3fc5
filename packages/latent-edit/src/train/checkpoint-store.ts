/** A place for one file: a path (`fileStore` of the files subpath), IndexedDB, a variable in a test. `write` must replace the old file as a whole. */
export interface CheckpointStore {
  /** null when nothing was written yet. */
  read(): Promise<Uint8Array | null>;
  write(bytes: Uint8Array): Promise<void>;
}
