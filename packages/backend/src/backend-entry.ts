import type { BackendInfo, BackendName, BackendOptions } from "./types.js";

/** Options of `useBackend` that belong to one backend only. */
export type BackendOptionName = Exclude<keyof BackendOptions, "timeoutMs">;

/** One backend that `useBackend` can start. A new backend is one file with such an entry, and one line in `backends/index.ts`. */
export interface BackendEntry {
  readonly name: Exclude<BackendName, "auto">;
  /** Options that apply to this backend; others are refused when it is named. */
  readonly options: readonly BackendOptionName[];
  /** Why it can't run here and what would help, or undefined when it can. Must not start anything. */
  obstacle(): Promise<string | undefined>;
  /** Starts the backend and makes it tfjs's current one. Throws when that fails. */
  start(options: BackendOptions): Promise<Pick<BackendInfo, "device" | "simd" | "threads" | "remarks">>;
}
