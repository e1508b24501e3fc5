import type { DeclaredOptions, GivenOptions } from "@latentflow/core";

/** Backends of this version by name. `auto` takes the fastest that starts. */
export type BackendName = "auto" | "cpu" | "wasm";

/** What a timer can wait for, in milliseconds; with more it fires at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

export const BACKEND_OPTIONS = {
  /**
   * wasm in pages that are cross-origin isolated: number of threads. Default 1: several help the large products of few networks, cost eight workers,
   * and do without our fastest kernels. Node has one.
   */
  threads: { optional: true, min: 1, integer: true },
  /** Give up starting a backend after this many milliseconds. Default 30,000. */
  timeoutMs: { default: 30_000, above: 0, max: LONGEST_TIMER },
  /**
   * wasm in browsers: where the `.wasm` files of `@tensorflow/tfjs-backend-wasm` are served: a folder's address ending in "/", or one address a
   * file. Without it tfjs looks beside the page, bundlers don't put them there, and "auto" takes plain JavaScript. In Node they are found by themselves.
   */
  wasmPaths: { optional: true, is: isWasmPaths, expected: "a folder's address, or one address a file" },
} as const satisfies DeclaredOptions;

export interface BackendOptions extends GivenOptions<typeof BACKEND_OPTIONS> {}

function isWasmPaths(paths: unknown): paths is string | Readonly<Record<string, string>> {
  const isRecord = typeof paths === "object" && paths !== null && !Array.isArray(paths);
  return typeof paths === "string" || (isRecord && Object.values(paths).every((path) => typeof path === "string"));
}

/** What `useBackend` started, and why. */
export interface BackendInfo {
  readonly name: Exclude<BackendName, "auto">;
  /** What computes, in words. */
  readonly device: string;
  /** wasm: whether SIMD instructions are used. Without them it is several times slower. */
  readonly simd?: boolean;
  /** Threads that kernels use. */
  readonly threads?: number;
  /** Why this backend was taken. */
  readonly reason: string;
  /** `auto`: faster backends that were not taken, each with the reason. */
  readonly passedOver: readonly { readonly name: string; readonly reason: string }[];
  /** What a user should know about this start, such as missing SIMD. */
  readonly remarks: readonly string[];
}

/** One line of `availableBackends()`. */
export interface BackendAvailability {
  readonly name: Exclude<BackendName, "auto">;
  readonly available: boolean;
  /** When it is not available: why, and how to get it. */
  readonly reason?: string;
}
