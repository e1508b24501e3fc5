import { CoreError, describeValue, LatentflowError } from "./errors.js";

/** Thrown when long work stops because its `AbortSignal` asked for it. `name` is "AbortError", as the platform's own. */
export class AbortError extends LatentflowError {
  override readonly name = "AbortError";
}

/**
 * Throws `AbortError` when `signal` has been aborted, and CoreError when it is no signal: one that never fires would be noticed too late. Long loops
 * call it once an iteration.
 */
export function throwIfAborted(caller: string, signal: AbortSignal | undefined): void {
  if (signal === undefined || signal === null) return;
  if (typeof signal.aborted !== "boolean") {
    throw new CoreError(`${caller}: expected signal to be an AbortSignal, got ${describeValue(signal)}; give controller.signal.`);
  }
  if (!signal.aborted) return;
  throw new AbortError(`${caller}: stopped by its AbortSignal.`, { cause: signal.reason });
}

/** Resolves in a new macrotask: between iterations it lets timers, I/O and abort events run. */
export function nextMacrotask(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        channel.port1.close();
        resolve();
      };
      channel.port2.postMessage(0);
    }
  });
}
