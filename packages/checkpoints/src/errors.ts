import { LatentflowError } from "@latentflow/core";

/**
 * Thrown for every file that can't be read: damaged, hostile, or of a kind that this package does not know. The message reads
 * `function: at byte N: reason`.
 */
export class CheckpointError extends LatentflowError {
  override readonly name = "CheckpointError";
  /** What is wrong, and where possible what to do about it. */
  readonly reason: string;
  /** Byte within the file (within its decompressed member, for an archive) where it was noticed; absent when no byte is to blame. */
  readonly offset: number | undefined;

  constructor(reason: string, offset?: number, options?: ErrorOptions & { caller?: string }) {
    const place = offset === undefined ? "" : `at byte ${offset}: `;
    super(`${options?.caller ? `${options.caller}: ` : ""}${place}${reason}`, options);
    this.reason = reason;
    this.offset = offset;
  }
}

/** The data ended too early. A reader that holds only the beginning of a file fetches more and tries again. */
export class EndOfDataError extends CheckpointError {}

/** Runs `work` and puts the public function's name in front of the CheckpointErrors it throws. */
export async function named<T>(caller: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    throw new CheckpointError(error.reason, error.offset, { caller, cause: error });
  }
}

/** A value of the file as it may stand in a message: short, and never walked into. */
export function describe(value: unknown): string {
  if (value === null || typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value === "bigint") return "a very large integer";
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value instanceof Map) return `a dict of ${value.size}`;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  return typeof value === "object" ? `a ${value.constructor?.name ?? "value"}` : typeof value;
}
